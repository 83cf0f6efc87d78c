"""Accounts of staff in the admin: Django's own pages, with lists that nobody can question beyond their filters."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from generation.admin.look import OwnFilters

admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(OwnFilters, UserAdmin):
    """Who may enter."""


@admin.register(Group)
class RoleAdmin(OwnFilters, GroupAdmin):
    """What some of them may do."""
