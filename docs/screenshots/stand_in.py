"""A study on the demo pack's clips, with the pack's artworks standing in for generated images.

For pictures of the pages only; run inside `manage.py shell` by take.py, on a data folder of its own.
"""

import csv
from pathlib import Path

from django.conf import settings
from PIL import Image

from generation.media import storage
from generation.models import Category, Clip, Content, Dataset, Stimulus, StimulusSet
from studyserver.studies.design.texts import Outline, default_texts
from studyserver.studies.models import Arm, Study

pack = settings.BASE_DIR / "generation" / "demo" / "pack"
dataset = Dataset.objects.create(name="demo", root=str(pack), manifest_sha256="0" * 64)
stimulus_set = StimulusSet.objects.create(name="stand-in", dataset=dataset, source="imported", status="ready")
rows = list(csv.DictReader((pack / "manifest.csv").open(newline="")))
names = list(dict.fromkeys(row["category"] for row in rows if row["kind"] == "audio"))
art = {name: [r for r in rows if r["kind"] == "image" and r["category"] == name] for name in names}
for order, name in enumerate(names):
    category = Category.objects.create(dataset=dataset, slug=f"c{order}", name=name, order=order)
    for i, row in enumerate(r for r in rows if r["kind"] == "audio" and r["category"] == name):
        sha256, file = storage.store((pack / row["path"]).read_bytes(), Path(row["path"]).suffix)
        clip = Clip.objects.create(
            category=category,
            split=row["split"],
            sha256=sha256,
            file=file,
            duration=float(row["duration_s"]),
            sample_rate=44_100,
            title=row["title"],
            creator=row["creator"],
            licence=row["licence"],
        )
        path = pack / art[name][i % len(art[name])]["path"]
        sha256, file = storage.store(path.read_bytes(), path.suffix)
        width, height = Image.open(path).size
        Stimulus.objects.create(
            set=stimulus_set,
            category=category,
            clip=clip,
            seed=i,
            sha256=sha256,
            file=file,
            width=width,
            height=height,
        )
for row in (r for r in rows if r["kind"] == "content"):
    path = pack / row["path"]
    sha256, file = storage.store(path.read_bytes(), path.suffix)
    width, height = Image.open(path).size
    Content.objects.create(dataset=dataset, sha256=sha256, file=file, width=width, height=height)
study = Study.objects.create(
    slug="demo",
    title="Do these images go with this music?",
    contact="study@example.org",
    trials_per_session=3,
    ask_confidence=True,
    headphone_check="record",
    attention_boards=1,
    seed=5,
    completion_url="https://example.org/done",
    **default_texts(Outline(checks=1, screened=True, confidence=True)),
)
study.categories.set(Category.objects.exclude(name__startswith="Romanticism"))
study.practice_categories.set(Category.objects.filter(name__startswith="Romanticism"))
Arm.objects.create(study=study, name="a", stimulus_set=stimulus_set)
Study.objects.update(status="open")
