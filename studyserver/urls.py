"""Routing: the researchers' admin, and everything else to the studies app."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("", include("studyserver.studies.urls"))]
