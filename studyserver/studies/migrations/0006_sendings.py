"""Which sending of a board is stored, and whether it is final."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0005_leased_jobs")]

    operations = [
        migrations.AddField(
            model_name="trial",
            name="answers_key",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="Drawn by the page that sent the answers.",
                max_length=40,
            ),
        ),
        migrations.AddField(
            model_name="trial",
            name="answers_number",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, help_text="Which of that page's sendings is stored: 1, 2 ..."
            ),
        ),
        migrations.AddField(
            model_name="trial",
            name="acknowledged",
            field=models.BooleanField(
                default=False, editable=False, help_text="The page after it was shown: its answers are final."
            ),
        ),
    ]
