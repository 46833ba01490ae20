"""Settings: where a value comes from, which one wins, and one clear line for whoever wrote it wrongly."""

from typing import Annotated

import msgspec
import pytest

from app.config import Described, Server, Sources, check_file_sections, load_section, read_sources
from app.errors import ConfigurationError


class Mail(msgspec.Struct, frozen=True):
    host: str = "localhost"
    port: int = 25
    secure: bool = False
    password: str = ""
    copies: tuple[str, ...] = ()
    note: Annotated[str, Described(description="Not a tuple, though it says so.")] = ""


def sources(file="", **environment):
    import tomllib

    return Sources(file=tomllib.loads(file), environment=environment)


def refusal(*arguments, **options):
    with pytest.raises(ConfigurationError) as caught:
        load_section(*arguments, **options)
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


def test_without_sources_everything_has_its_default():
    assert load_section(Mail, "mail", sources()) == Mail()


def test_the_file_the_environment_and_the_command_line_win_in_this_order():
    given = sources("[mail]\nhost = 'file'\nport = 1\npassword = 'f'", GRYF_MAIL_PORT="2", GRYF_MAIL_PASSWORD="e")
    found = load_section(Mail, "mail", given, {"host": "default", "secure": True}, port=None, password="c")
    assert found == Mail(host="file", port=2, password="c", secure=True)


def test_given_defaults_lose_to_every_source():
    defaults = {"host": "default", "port": 9, "copies": ("d",), "password": "d"}
    given = sources("[mail]\nhost = 'file'", GRYF_MAIL_COPIES="env")
    found = load_section(Mail, "mail", given, defaults, port=3)
    assert found == Mail(host="file", port=3, copies=("env",), password="d")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_switches_in_the_environment(text, value):
    found = load_section(Mail, "mail", sources(f"[mail]\nsecure = {str(not value).lower()}", GRYF_MAIL_SECURE=text))
    assert found.secure is value


def test_lists_are_split_at_commas():
    given = sources(GRYF_MAIL_COPIES=" a@example.org,b@example.org , ,", GRYF_MAIL_NOTE="one, two")
    found = load_section(Mail, "mail", given)
    assert found.copies == ("a@example.org", "b@example.org")
    assert found.note == "one, two"
    assert load_section(Mail, "mail", sources(GRYF_MAIL_COPIES="")).copies == ()
    assert load_section(Mail, "mail", sources("[mail]\ncopies = ['a', 'b, c']")).copies == ("a", "b, c")
    proxies = load_section(Server, "server", sources(GRYF_SERVER_TRUSTED_PROXIES="10.0.0.0/8,::1"))
    assert proxies.trusted_proxies == ("10.0.0.0/8", "::1")


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("zażółć gęślą\n", encoding="utf-8")
    given = sources("[mail]\npassword = 'file'", GRYF_MAIL_PASSWORD_FILE=str(secret))
    assert load_section(Mail, "mail", given).password == "zażółć gęślą"
    direct = sources(GRYF_MAIL_PASSWORD_FILE=str(secret), GRYF_MAIL_PASSWORD="direct")
    assert load_section(Mail, "mail", direct).password == "direct"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_secrets_file_that_cannot_be_read_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    line = refusal(Mail, "mail", sources(GRYF_MAIL_PASSWORD_FILE=str(tmp_path / "secret")))
    assert line.startswith("GRYF_MAIL_PASSWORD_FILE: ")


def test_the_usual_name_of_the_database_address_works_and_ours_wins():
    usual = {"DATABASE_URL": "postgresql://usual/x"}
    assert load_section(Server, "server", sources(**usual)).database_url == "postgresql://usual/x"
    ours = sources(GRYF_SERVER_DATABASE_URL="postgresql://ours/x", **usual)
    assert load_section(Server, "server", ours).database_url == "postgresql://ours/x"
    assert load_section(Mail, "mail", sources(**usual)) == Mail()


def test_an_unknown_setting_is_named():
    assert refusal(Mail, "mail", sources("[mail]\nprot = 1\nhots = 'x'")) == (
        "[mail] in the settings file: unknown setting hots, prot"
    )


def test_a_section_must_be_a_table():
    assert refusal(Mail, "mail", sources("mail = 'smtp.example.org'")) == "[mail] in the settings file must be a table"


@pytest.mark.parametrize(
    ("file", "environment", "setting"),
    [
        ("[mail]\nport = 'many'", {}, "$.port"),
        ("[mail]\nhost = 5", {}, "$.host"),
        ("[mail]\ncopies = ['a', 5]", {}, "$.copies[1]"),
        ("", {"GRYF_MAIL_PORT": "25.5"}, "$.port"),
        ("", {"GRYF_MAIL_PORT": ""}, "$.port"),
        ("", {"GRYF_MAIL_SECURE": "perhaps"}, "$.secure"),
    ],
)
def test_a_wrong_type_names_section_and_setting(file, environment, setting):
    line = refusal(Mail, "mail", sources(file, **environment))
    assert line.startswith("[mail]: ")
    assert line.endswith(f"at `{setting}`")


def test_a_section_nothing_reads_is_a_spelling_mistake():
    given = sources("[mail]\nport = 1\n[mial]\nport = 2\n[city]\nname = 'x'")
    with pytest.raises(ConfigurationError, match=r"^settings file: unknown section \[mial\]$"):
        check_file_sections(given, {"mail", "city"})
    check_file_sections(given, {"mail", "mial", "city"})


def test_the_settings_file(tmp_path):
    path = tmp_path / "gryf.toml"
    path.write_text("[city]\nname = 'Słupsk'\n", encoding="utf-8")
    assert read_sources(path, {"A": "b"}) == Sources(file={"city": {"name": "Słupsk"}}, environment={"A": "b"})
    assert read_sources(None, {}) == Sources(file={}, environment={})


@pytest.mark.parametrize("content", [None, b"[city\n", b"name = \xff\n", b"a = 1\na = 2\n"])
def test_a_settings_file_that_cannot_be_read_is_one_line(tmp_path, content):
    path = tmp_path / "gryf.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_sources(path, {})
    assert str(caught.value).startswith(f"settings file {path}")
    assert "\n" not in str(caught.value)
