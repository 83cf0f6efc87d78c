"""What researchers see of their studies in the admin: importing this package registers every page."""

from django.contrib import admin

from studyserver.studies.admin import answers, sessions, studies
from studyserver.studies.admin.login import login_form

__all__ = ["answers", "sessions", "studies"]

admin.site.login_form = login_form()
admin.site.site_header = "Paragone"
admin.site.site_title = "Paragone"
admin.site.index_title = "Studies, images and music"
