from analysis.render.parts import Paragraph
from analysis.render.sections import Section
from analysis.render.tables import Grid, TidyTable, columns
from tests.analysis.scopes import plain_result, scope_of, two_arms


def test_a_scope_names_what_belongs_to_its_arm():
    study, arm = scope_of(two_arms(), ""), scope_of(two_arms(), "a")
    assert (study.key("flow"), arm.key("null")) == ("flow", "arm-2-null")
    assert (study.number, arm.number, arm.owner) == ("", "2", "a")
    assert scope_of(plain_result()).owner == ""
    assert arm.arm is two_arms()["arms"]["a"]
    assert arm.name_key == ""
    assert arm.numbered_names.startswith(" Numbers stand for: 1 ")


def test_a_section_has_each_of_its_tables_or_those_of_its_files():
    table = TidyTable("t", "one arm", columns("arm"), lambda result: [{"arm": name} for name in result["arms"]])
    assert Section(lambda scope: [Paragraph("x")], tables=(table,)).grids(two_arms())["t"].rows == [("x",), ("a",)]
    own = Section(lambda scope: [], tables=(table,), files=lambda result: {"t-1": Grid({}, []), "t-2": Grid({}, [])})
    assert list(own.grids(plain_result())) == ["t-1", "t-2"]
