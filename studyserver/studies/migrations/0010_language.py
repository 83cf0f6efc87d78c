from django.db import migrations, models

import studyserver.studies.languages


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0009_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="study",
            name="language",
            field=models.CharField(
                choices=studyserver.studies.languages.list_languages,
                default="en",
                help_text="Language of the title and the texts, which screen readers and browsers are told. The pages' "
                "own words stay English and say so.",
                max_length=12,
            ),
        ),
    ]
