"""Addresses of surveys."""

from typing import Final

from app.feature import ANYONE, Allow, Handler, Route, having
from portals.dialog import rules
from portals.dialog.surveys import api, desk_pages, pages
from portals.dialog.surveys.model import Tally

MANAGING: Final = having(*rules.MANAGING_ROLES)
MODERATING: Final = having(*rules.MODERATING_ROLES)
INSIDE: Final = having(*rules.INSIDE_ROLES)
SURVEY: Final = r"/dialog/{slug}/surveys/{block_id:\d{1,18}}"
DESK: Final = r"/dialog/manage/{consultation_id:\d{1,18}}/surveys/{block_id:\d{1,18}}"
QUESTION: Final = rf"{DESK}/questions/{{key:q\d{{1,6}}}}"
ANSWER: Final = rf"{DESK}/answers/{{answer_id:\d{{1,18}}}}"
API: Final = r"/api/dialog/blocks/{block_id:\d{1,18}}/surveys"


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, name: str = "") -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, name=name)


ROUTES: Final = (
    _get(SURVEY, pages.show_survey, ANYONE, "fill"),
    Route(method="POST", path=SURVEY, handler=pages.show_survey, allow=ANYONE, max_bytes=pages.MOST_FORM_BYTES),
    _get(f"{SURVEY}/sent", pages.show_sent, ANYONE, "sent"),
    _get(f"{SURVEY}/results", pages.show_results, ANYONE, "results"),
    _get(rf"{SURVEY}/results.{{form:csv|xlsx}}", pages.send_results, ANYONE, "results_file"),
    _get(f"{DESK}/questions/new", desk_pages.show_question, MANAGING, "new_question"),
    _post(f"{DESK}/questions/new", desk_pages.show_question, MANAGING),
    _get(QUESTION, desk_pages.show_question, MANAGING, "question"),
    _post(QUESTION, desk_pages.show_question, MANAGING),
    _post(rf"{QUESTION}/{{verb:up|down|copy|remove}}", desk_pages.change_questions, MANAGING, "change_questions"),
    _get(f"{DESK}/paste", desk_pages.show_paste, MANAGING, "paste"),
    _post(f"{DESK}/paste", desk_pages.show_paste, MANAGING),
    _get(f"{DESK}/version", desk_pages.show_enforce, MANAGING, "version"),
    _post(f"{DESK}/version", desk_pages.show_enforce, MANAGING),
    _post(f"{DESK}/discard", desk_pages.discard, MANAGING, "discard"),
    _get(f"{DESK}/preview", desk_pages.show_preview, INSIDE, "preview"),
    _get(f"{DESK}/paper", desk_pages.show_paper, MANAGING, "paper"),
    _post(f"{DESK}/paper", desk_pages.show_paper, MANAGING),
    _get(f"{DESK}/answers", desk_pages.show_answers, INSIDE, "answers"),
    _get(rf"{DESK}/answers.{{form:csv|xlsx}}", desk_pages.send_export, INSIDE, "answers_file"),
    _post(rf"{ANSWER}/{{verb:hide|show}}", desk_pages.decide_answer, MODERATING, "moderate"),
    _post(rf"{ANSWER}/{{verb:remove}}", desk_pages.decide_answer, MANAGING, "remove"),
    _get(rf"{ANSWER}/files/{{key:q\d{{1,6}}}}", desk_pages.send_file, INSIDE, "file"),
    _get(f"{DESK}/results", desk_pages.show_desk_results, INSIDE, "desk_results"),
    Route(
        method="GET",
        path=API,
        handler=api.show_form,
        allow=ANYONE,
        summary="A survey's questions, and what the reader has filled in",
        reply=api.SurveyForm,
    ),
    Route(
        method="POST",
        path=f"{API}/draft",
        handler=api.save_draft,
        allow=ANYONE,
        summary="Keep what was typed so far; it is not sent yet",
        body=api.SavedAnswers,
        reply=api.Saved,
    ),
    Route(
        method="GET",
        path=f"{API}/results",
        handler=api.show_tally,
        allow=ANYONE,
        summary="How many have answered, and the results the public may know",
        reply=Tally,
    ),
)
