"""Django application `generation`: datasets, training runs and stimulus sets."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"
    verbose_name = "Music and images"
