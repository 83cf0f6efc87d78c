"""The application that takes the place of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig


class SecondFactorAdmin(AdminConfig):
    default_site = "studyserver.second_factor.site.SecondFactorSite"
