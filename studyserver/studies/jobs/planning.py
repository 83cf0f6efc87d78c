"""Bridge from a question to the planner: `analysis` works it out and draws it."""

from analysis.errors import AnalysisError
from analysis.power import Design, make_plan
from analysis.render import plan_html
from analysis.render.drawings import power_svg
from studyserver.studies.errors import StudyError
from studyserver.studies.jobs.plans import PlanInputs, Worked


def compute_plan(inputs: PlanInputs) -> Worked:
    """The planner's document, page and figure. Raises StudyError for a question without an answer."""
    try:
        design = Design(
            k=inputs.k,
            images=inputs.images,
            participants=inputs.participants,
            trials=inputs.trials,
            design=inputs.design,
            alpha=inputs.alpha,
            target=inputs.target,
        )
        document = make_plan(design, theta=inputs.theta, share=inputs.share, correction=inputs.correction)
    except AnalysisError as error:
        raise StudyError(str(error)) from error
    return Worked(document, plan_html(document), power_svg(document))
