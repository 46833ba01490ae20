"""Forms in real requests: tokens, words, and what an action refused."""

from pathlib import Path

import pytest
from aiohttp import web
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.api import reply
from app.errors import Conflict, Invalid, NotFound
from app.feature import ANYONE, Feature, Route
from app.forms import STALE, ActionForm, Form, csrf_token, read, require_action
from tests.app.identity.house import running_house


class PlaceForm(Form):
    title = StringField("Name", [InputRequired(), Length(max=10)], render_kw={"placeholder": "Search"})
    kind = SelectField("Kind", choices=[("school", "School"), ("office", "Office")])
    rev = HiddenField()


async def show_form(request):
    """Tells what the form says, as a page would."""
    form = await read(request, PlaceForm, title="before", rev="3")
    if form.posted and form.validate() and form.title.data == "taken":
        form.take(
            Invalid("Try again in %(seconds)s s", {"title": "This login is taken", "other": "Nobody found"}, seconds=5)
        )
    if form.posted and form.title.data == "changed":
        form.take(Conflict())
    return reply(
        {
            "posted": form.posted,
            "title": form.title.data,
            "rev": form.rev.data,
            "errors": {name: list(errors) for name, errors in form.errors.items() if name},
            "form_errors": form.form_errors,
            "status": int(form.status),
            "token": form.csrf_token.current_token,
            "label": form.title.label.text,
            "choices": [choice[1] for choice in form.kind.choices],
            "placeholder": form.title.render_kw["placeholder"],
        }
    )


async def press_button(request):
    await require_action(request)
    return web.Response(text="done")


async def show_token(request):
    make = await csrf_token(request)
    return web.Response(text=make() if "make" in request.query else "")


FEATURE = Feature(
    name="forms_on_trial",
    folder=Path(__file__).parent,
    routes=(
        Route(method="GET", path="/form", handler=show_form, allow=ANYONE),
        Route(method="POST", path="/form", handler=show_form, allow=ANYONE),
        Route(method="POST", path="/button", handler=press_button, allow=ANYONE),
        Route(method="GET", path="/token", handler=show_token, allow=ANYONE),
    ),
)


@pytest.fixture
async def house(database, tmp_path):
    async with running_house(database, tmp_path, FEATURE) as running:
        await running.add("anna")
        yield running


async def shown(browser, language="en"):
    async with browser.session.get("/form", headers={"Accept-Language": language}) as answer:
        return await answer.json()


async def sent(browser, language="en", **fields):
    async with browser.session.post("/form", data=fields, headers={"Accept-Language": language}) as answer:
        return await answer.json()


async def rows(house):
    async with house.database.transaction() as tx:
        return await tx.value("SELECT count(*) FROM web_session")


async def test_a_form_is_shown_with_what_there_is(house):
    async with house.browser() as browser:
        form = await shown(browser)
    assert (form["posted"], form["title"], form["rev"], form["status"], form["errors"]) == (
        False,
        "before",
        "3",
        200,
        {},
    )


async def test_labels_choices_and_placeholders_speak_the_readers_language(house):
    async with house.browser() as browser:
        form = await shown(browser, "pl")
    assert (form["label"], form["choices"], form["placeholder"]) == ("Nazwa", ["Szkoła", "Urząd"], "Szukaj")


async def test_a_visitors_form_goes_through_and_stores_nothing(house):
    async with house.browser() as browser:
        token = (await shown(browser))["token"]
        form = await sent(browser, csrf_token=token, title="new", kind="school", rev="3")
        assert (form["title"], form["errors"], form["form_errors"], form["status"]) == ("new", {}, [], 200)
    assert await rows(house) == 0


async def test_a_cookie_is_set_only_for_who_gets_a_form(house):
    async with house.browser() as browser:
        async with browser.session.get("/token") as answer:
            assert "Set-Cookie" not in answer.headers
        async with browser.session.get("/token?make") as answer:
            cookie = answer.headers["Set-Cookie"]
            assert cookie.startswith("gryf_visit=")
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie


async def test_tokens_differ_and_all_of_them_fit(house):
    async with house.browser() as browser:
        tokens = [(await shown(browser))["token"] for _ in range(3)]
        assert len(set(tokens)) == 3
        for token in tokens:
            assert (await sent(browser, csrf_token=token, title="x", kind="school"))["form_errors"] == []


@pytest.mark.parametrize("token", [None, "", "x", "a.b", ".", "ą.ę", "a" * 5000])
async def test_a_bad_token_is_told_at_the_top_and_everything_is_kept(house, token):
    async with house.browser("anna") as browser:
        fields = {"title": "typed", "kind": "office", "rev": "3"} | ({} if token is None else {"csrf_token": token})
        form = await sent(browser, **fields)
    assert (form["title"], form["status"], form["errors"], form["form_errors"]) == ("typed", 422, {}, [STALE])


async def test_the_stale_form_can_be_sent_once_more(house):
    async with house.browser("anna") as browser:
        form = await sent(browser, title="typed", kind="office")
        form = await sent(browser, title="typed", kind="office", csrf_token=form["token"])
    assert (form["status"], form["form_errors"]) == (200, [])


async def test_a_token_belongs_to_one_browser(house):
    async with house.browser() as mine, house.browser() as theirs, house.browser("anna") as annas:
        token = (await shown(theirs))["token"]
        await shown(mine)
        for browser in (mine, annas):
            assert (await sent(browser, csrf_token=token, title="x", kind="school"))["status"] == 422
        token = (await shown(annas))["token"]
        assert (await sent(mine, csrf_token=token, title="x", kind="school"))["status"] == 422


async def test_a_token_of_before_the_sign_in_does_not_fit_after_it(house):
    async with house.browser() as browser:
        token = (await shown(browser))["token"]
        await browser.sign_in("anna")
        assert (await sent(browser, csrf_token=token, title="x", kind="school"))["status"] == 422


async def test_a_token_cannot_be_made_without_the_key(house, tmp_path):
    """Not even by somebody who knows the cookie, which another installation shows."""
    async with house.browser() as browser:
        await shown(browser)
        visit = browser.cookie("gryf_visit")
        forged = house.identity.keys.__class__(b"another secret of thirty-two bytes or so").issue(
            "form", f"visit/{visit}"
        )
        assert (await sent(browser, csrf_token=forged, title="x", kind="school"))["status"] == 422
        honest = house.identity.keys.issue("form", f"visit/{visit}")
        assert (await sent(browser, csrf_token=honest, title="x", kind="school"))["status"] == 200
        device = house.identity.keys.issue("device", f"visit/{visit}")
        assert (await sent(browser, csrf_token=device, title="x", kind="school"))["status"] == 422


async def test_field_errors_stand_beside_their_fields(house):
    async with house.browser() as browser:
        token = (await shown(browser))["token"]
        form = await sent(browser, "pl", csrf_token=token, title="", kind="castle")
        assert set(form["errors"]) == {"title", "kind"}
        assert form["errors"]["title"] != ["This field is required."]
        assert form["status"] == 422
        form = await sent(browser, csrf_token=token, title="x" * 11, kind="school")
        assert set(form["errors"]) == {"title"}
        assert form["title"] == "x" * 11


async def test_what_an_action_refused_goes_to_its_place(house):
    async with house.browser() as browser:
        token = (await shown(browser))["token"]
        form = await sent(browser, "pl", csrf_token=token, title="taken", kind="school")
    assert form["errors"] == {"title": ["Ten login jest zajęty"]}
    assert form["form_errors"] == ["Nikogo nie znaleziono", "Spróbuj ponownie za 5 s"]
    assert form["status"] == 422


async def test_a_refusal_without_words_has_its_title(house):
    async with house.browser() as browser:
        token = (await shown(browser))["token"]
        form = await sent(browser, csrf_token=token, title="changed", kind="school")
    assert form["form_errors"] == [Conflict.title]
    assert form["status"] == 422


async def test_a_button_needs_its_token(house):
    async with house.browser() as browser:
        async with browser.session.post("/button") as answer:
            assert answer.status == 422
        async with browser.session.get("/token?make") as answer:
            token = await answer.text()
        async with browser.session.post("/button", data={"csrf_token": token}) as answer:
            assert (answer.status, await answer.text()) == (200, "done")


async def test_other_sites_pages_cannot_press_it(house):
    """The guard of every route looks at where a request comes from, before any token."""
    async with house.browser("anna") as browser:
        async with browser.session.get("/token?make") as answer:
            token = await answer.text()
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            async with browser.session.post("/button", data={"csrf_token": token}, headers=headers) as answer:
                assert answer.status == 403, headers
        async with browser.session.post(
            "/button", data={"csrf_token": token}, headers={"Origin": house.http}
        ) as answer:
            assert answer.status == 200


def test_an_action_form_has_nothing_but_the_token():
    assert not [name for name in vars(ActionForm) if not name.startswith("_")]
    assert not hasattr(NotFound(), "fields")
