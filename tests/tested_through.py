"""Where modules are tested that have no test file of their own name: each is reached through what people call.

Test file -> the modules that it drives. `tests/test_house.py` compares this list with the tree, both ways.
"""

THROUGH = {
    "tests/analysis/metrics/test_block.py": ["analysis/metrics/members/iis.py"],
    "tests/analysis/metrics/test_registry.py": ["analysis/metrics/metric.py"],
    "tests/analysis/metrics/test_sets.py": ["analysis/render/metrics.py"],
    "tests/analysis/power/test_planner.py": ["analysis/render/drawings/power.py"],
    "tests/analysis/reading/test_embeddings.py": ["analysis/reading/archives.py"],
    "tests/analysis/reading/test_responses.py": ["analysis/reading/tables.py"],
    "tests/analysis/render/formats/test_html.py": ["analysis/render/formats/web_fonts.py"],
    "tests/analysis/render/sections/metrics/test_arm.py": [
        "analysis/render/sections/metrics/images.py",
        "analysis/render/sections/metrics/people.py",
        "analysis/render/sections/metrics/side_by_side.py",
        "analysis/render/sections/metrics/similarity.py",
    ],
    "tests/analysis/render/sections/metrics/test_tables.py": ["analysis/render/sections/metrics/columns.py"],
    "tests/analysis/render/tables/test_tidy.py": ["analysis/render/tables/grid.py"],
    "tests/analysis/render/test_report.py": [
        "analysis/render/cells.py",
        "analysis/render/sections/study/provenance.py",
    ],
    "tests/analysis/results/test_schema.py": ["analysis/results/shape.py"],
    "tests/analysis/test_report.py": ["analysis/__main__.py"],
    "tests/generation/admin/test_sets.py": [
        "generation/admin/checkpoints.py",
        "generation/admin/datasets.py",
        "generation/admin/display.py",
        "generation/admin/stimuli.py",
    ],
    "tests/generation/datasets/test_hearing.py": ["generation/management/commands/level_clips.py"],
    "tests/generation/encoders/features/test_inception.py": ["generation/encoders/features/inception_network.py"],
    "tests/generation/encoders/spaces/test_embedded.py": [
        "generation/encoders/features/efficientnet.py",
        "generation/encoders/features/musicnn.py",
        "generation/encoders/spaces/space.py",
    ],
    "tests/generation/jobs/test_asking.py": ["generation/run/worker.py"],
    "tests/generation/management/commands/test_compute_metrics.py": ["generation/run/measuring/metrics.py"],
    "tests/generation/management/commands/test_embed_stimuli.py": [
        "generation/run/measuring/embeddings.py",
        "generation/run/measuring/features.py",
        "generation/run/measuring/rows.py",
    ],
    "tests/generation/management/commands/test_failures.py": ["generation/errors.py"],
    "tests/generation/management/commands/test_generate_stimuli.py": [
        "generation/management/commands/paint.py",
        "generation/musipainter/parts.py",
        "generation/musipainter/pipeline.py",
        "generation/run/images.py",
        "generation/run/opening.py",
        "generation/run/paint.py",
        "generation/run/sources/checkpoint.py",
        "generation/stimuli/sets.py",
        "generation/stimuli/sheets.py",
    ],
    "tests/generation/management/commands/test_import_dataset.py": [
        "generation/datasets/imports.py",
        "generation/datasets/inspection.py",
        "generation/datasets/known.py",
        "generation/datasets/placing.py",
        "generation/datasets/rows.py",
        "generation/models.py",
    ],
    "tests/generation/management/commands/test_import_stimuli.py": ["generation/run/sources/imported.py"],
    "tests/generation/management/commands/test_paper_presets.py": [
        "generation/run/embedder_files.py",
        "generation/run/recipe.py",
        "generation/run/sources/label_prompt.py",
        "generation/run/sources/retrieval.py",
    ],
    "tests/generation/management/commands/test_sweep_musipainter.py": ["generation/run/sweep.py"],
    "tests/generation/management/commands/test_train_musipainter.py": [
        "generation/musipainter/training/learner.py",
        "generation/musipainter/training/loop.py",
        "generation/musipainter/training/run_folder.py",
        "generation/run/training.py",
    ],
    "tests/generation/musipainter/backbones/test_kind.py": [
        "generation/musipainter/backbones/backbone.py",
        "generation/musipainter/backbones/stable_diffusion/kind.py",
        "generation/musipainter/backbones/style_transfer/kind.py",
    ],
    "tests/generation/networks/test_audio.py": ["generation/torchaudio_native.py"],
    "tests/generation/test_registries.py": [
        "generation/encoders/features/registry.py",
        "generation/musipainter/audio_encoders/encoder.py",
        "generation/run/sources/source.py",
    ],
    "tests/studies/admin/login/test_second_factor.py": ["studyserver/studies/management/commands/add_second_factor.py"],
    "tests/studies/jobs/test_plans.py": ["studyserver/studies/admin/planner/pages.py"],
    "tests/studies/simulation/test_participants.py": [
        "studyserver/studies/management/commands/simulate_participants.py"
    ],
    "tests/studies/design/launch/test_checks.py": ["studyserver/studies/design/launch/findings.py"],
    "tests/studies/management/test_open_study.py": ["studyserver/studies/management/studies.py"],
    "tests/studies/pages/test_throttle.py": ["studyserver/studies/admin/login/limited.py"],
    "tests/studies/sitting/kinds/test_registry.py": [
        "studyserver/studies/exports/companions.py",
        "studyserver/studies/sitting/kinds/kind.py",
    ],
    "tests/studies/sitting/test_answering.py": ["studyserver/studies/errors.py"],
    "tests/test_docs.py": ["studyserver/settings.py"],
}
