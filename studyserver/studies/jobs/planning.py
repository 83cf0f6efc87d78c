"""Bridge from a question to the planner: `analysis` works it out and draws it."""

from dataclasses import asdict

from analysis.errors import AnalysisError
from analysis.power import Design, make_plan
from analysis.render import plan_html
from analysis.render.drawings import power_svg
from studyserver.studies.errors import StudyError
from studyserver.studies.jobs.plans import PlanInputs, Worked


def compute_plan(inputs: PlanInputs) -> Worked:
    """The planner's document, page and figure. Raises StudyError for a question without an answer."""
    asked = asdict(inputs)
    effects = {name: asked.pop(name) for name in ("theta", "share", "correction")}
    del asked["arms"]  # each is planned alike
    del asked["sequential"]  # when a study stops early is worked out in any case
    try:
        document = make_plan(Design(**asked), **effects)
    except AnalysisError as error:
        raise StudyError(str(error)) from error
    return {"document": document, "page": plan_html(document), "figure": power_svg(document)}
