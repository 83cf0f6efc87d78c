"""Addresses of the participants' pages, of what they call, and of the stored media."""

from django.urls import path, re_path

from studyserver.studies import pages
from studyserver.studies.api import views as api

app_name = "studies"
urlpatterns = [
    path("", pages.show_home, name="home"),
    path("s/<slug:slug>/", pages.show_consent, name="consent"),
    path("s/<slug:slug>/preview/", pages.show_preview, name="preview"),
    path("p/<slug:code>/", pages.sitting.resume, name="resume"),
    path("p/<slug:code>/sound/", pages.sitting.show_sound_check, name="sound"),
    path("p/<slug:code>/headphones/", pages.sitting.show_headphones, name="headphones"),
    path("p/<slug:code>/practice/", pages.sitting.show_practice, name="practice"),
    path("p/<slug:code>/trial/<int:index>/", pages.sitting.show_counted, name="trial"),
    path("p/<slug:code>/debrief/", pages.sitting.show_debrief, name="debrief"),
    path("p/<slug:code>/closed/", pages.sitting.show_closed, name="closed"),
    path("p/<slug:code>/leave/", pages.show_leave, name="leave"),
    path("p/<slug:code>/left/", pages.show_left, name="left"),
    path("withdraw/", pages.show_withdraw, name="withdraw"),
    path("api/p/<slug:code>/events/", api.SessionEvents.as_view(), name="session-events"),
    path("api/p/<slug:code>/trial/<int:index>/", api.TrialState.as_view(), name="trial-state"),
    path("api/p/<slug:code>/trial/<int:index>/events/", api.TrialEvents.as_view(), name="trial-events"),
    path("api/p/<slug:code>/trial/<int:index>/draft/", api.TrialDraft.as_view(), name="trial-draft"),
    path("api/p/<slug:code>/trial/<int:index>/answers/", api.TrialAnswers.as_view(), name="trial-answers"),
    re_path(r"^media/(?P<sha256>[0-9a-f]{64})(?P<suffix>\.[a-z0-9]{2,5})$", pages.media.serve_media, name="media"),
]
