"""Addresses of the participants' pages and of what they call."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
