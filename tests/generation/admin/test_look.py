"""Lists of the admin answer to their own filters alone: no column is read out through the address."""

import string
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Field, ForeignObjectRel, Model
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from generation.admin import OwnFilters
from studyserver.studies.models import Session, Study
from tests.studies.participants import begin

pytestmark = pytest.mark.django_db

ADMINS = list(admin.site._registry.items())
LOOKUPS = ["", "exact", "iexact", "regex", "iregex", "contains", "icontains", "startswith", "istartswith", "endswith"]
LOOKUPS += ["in", "gt", "gte", "lt", "lte", "range", "isnull", "year", "date", "hour", "has_key", "0", "contained_by"]
# What lists' own filters, and links of our pages, ask with.
ASKED = {"exact", "isnull", "gte", "lt"}


def paths_from(model: type[Model], depth: int = 3) -> Iterator[str]:
    """Every column of a model, and of those that it points to or that point to it."""
    for field in model._meta.get_fields():
        name = field.name
        yield name
        if isinstance(field, Field):
            yield field.attname
        if depth and (isinstance(field, ForeignObjectRel) or field.is_relation) and field.related_model:
            for path in paths_from(field.related_model, depth - 1):  # type: ignore[arg-type]
                yield f"{name}__{path}"


def offered_by(model_admin: admin.ModelAdmin) -> set[str]:
    """Names of the fields by which a list may be narrowed down."""
    names = (
        item if isinstance(item, str) else item[0] for item in model_admin.list_filter if not isinstance(item, type)
    )
    return {str(name) for name in names}


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=lambda value: getattr(value, "__name__", ""))
def test_no_list_is_questioned_beyond_its_filters(model: type[Model], model_admin: Any) -> None:
    request = RequestFactory().get("/")
    allowed = set()
    for path in {*paths_from(model), "pk"}:
        for lookup in LOOKUPS:
            asked = f"{path}__{lookup}" if lookup else path
            if model_admin.lookup_allowed(asked, "1", request):
                allowed.add(asked)
    linked = set(getattr(model_admin, "linked_by", ()))
    offered = offered_by(model_admin)
    for asked in allowed - linked:
        path, _, lookup = asked.rpartition("__")
        assert lookup in ASKED
        assert path in offered or path.rpartition("__")[0] in offered
    assert len(allowed - linked) <= 4 * len(offered)


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=lambda value: getattr(value, "__name__", ""))
@given(asked=st.text(string.ascii_lowercase + "_", max_size=30))
def test_nor_by_anything_else(model: type[Model], model_admin: Any, asked: str) -> None:
    own = {getattr(item, "parameter_name", None) for item in model_admin.list_filter if isinstance(item, type)}
    assert asked in own or not model_admin.lookup_allowed(asked, "1", RequestFactory().get("/"))


@pytest.fixture
def viewer(db: None) -> Client:
    """Somebody who may look at studies and sessions, and no more."""
    user = get_user_model().objects.create_user("vera", password="x", is_staff=True)
    names = ["view_study", "view_session", "view_response", "view_stimulus", "view_user", "view_group"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def test_whoever_may_only_view_learns_no_secret_sign_by_sign(viewer: Client, study: Study) -> None:
    session = begin(study, external_id="PERSON-1")
    secrets = {
        "session": [
            ("code", session.code),
            ("receipt", session.receipt),
            ("erased_id", "a"),
            ("study__salt", study.salt),
        ],
        "study": [("salt", study.salt), ("sessions__code", session.code), ("external_ids__value", "PERSON-1")],
    }
    secrets["session"] += [
        ("external_id__value", "PERSON-1"),
        ("arm__name", "arm-1"),
        ("sound_check__heard", "clearly"),
    ]
    for model, columns in secrets.items():
        listed = f"/admin/studies/{model}/"
        assert viewer.get(listed).status_code == 200
        for column, value in columns:
            for lookup, sign in (("regex", f"^{value[0]}"), ("startswith", value[0]), ("exact", value), ("gt", "")):
                assert viewer.get(listed, {f"{column}__{lookup}": sign}).status_code == 400
    for column in ("password", "user__password", "user_permissions__user__password"):
        assert viewer.get("/admin/auth/group/", {f"{column}__startswith": "p"}).status_code == 400


def test_words_searched_for_and_orders_of_a_list_tell_no_secret(viewer: Client, study: Study) -> None:
    sessions = [begin(study), begin(study)]
    listed = "/admin/studies/session/"
    for secret in [session.code for session in sessions] + [session.receipt[:6] for session in sessions] + [study.salt]:
        assert "0 sessions" in viewer.get(listed, {"q": secret}).content.decode()
        assert "0 studies" in viewer.get("/admin/studies/study/", {"q": secret[:8]}).content.decode()


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=lambda value: getattr(value, "__name__", ""))
def test_lists_are_ordered_by_what_they_show(model: type[Model], model_admin: Any) -> None:
    hidden = {"code", "receipt", "erased_id", "salt", "password", "arm", "arm__name", "external_id"}
    for column in model_admin.get_list_display(RequestFactory().get("/")):
        shown = getattr(model_admin, column, None) if isinstance(column, str) else column
        ordering = getattr(shown, "admin_order_field", column if shown is None else None)
        assert str(ordering).lstrip("-") not in hidden, (model, column)


def test_every_admin_keeps_to_its_filters_by_the_same_rule() -> None:
    assert [model.__name__ for model, found in ADMINS if not isinstance(found, OwnFilters)] == []
    assert Session in dict(ADMINS)
