"""Which sending of a board is stored, and whether it is final; what practice shows, in words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0006_places")]

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
        migrations.AlterField(
            model_name="study",
            name="practice_categories",
            field=models.ManyToManyField(
                blank=True,
                help_text="Material of the practice board, from outside the categories above: two pairs, with feedback. "
                "With two or more, of two of them; with one, of two of its clips (those of the train split first). With "
                "images of one clip only: that clip beside a neutral photograph, without right or wrong.",
                related_name="practice_studies",
                to="generation.category",
            ),
        ),
    ]
