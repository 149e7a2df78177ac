"""The portfolio template that people open in a spreadsheet, and its page of the manual, from one source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from application.portfolio.columns import COLUMNS, SHEETS, Column, Kind
from web.wording.portfolio import COLUMN_HELP, KIND_HELP

_REQUIRED = PatternFill("solid", fgColor="FFF3CD")
_OPTIONAL = PatternFill("solid", fgColor="E9ECEF")
_MADE_ON = datetime(2026, 1, 1)  # noqa: DTZ001  a workbook's own date has no zone; fixed, so files compare


def write_template(path: Path) -> None:
    """One sheet per kind with its header; yellow is required; each header cell explains itself."""
    book = Workbook()
    book.properties.created = book.properties.modified = _MADE_ON
    front = book.worksheets[0]
    front.title = "Leia-me"
    _write_front(front)
    for kind, name in SHEETS.items():
        _write_sheet(book.create_sheet(name), kind)
    book.save(path)


def _write_front(sheet: Worksheet) -> None:
    sheet.append(["Aba", "Coluna", "Obrigatória", "O que vai nela", "Exemplo"])
    for kind, name in SHEETS.items():
        for column in COLUMNS[kind]:
            text, example = COLUMN_HELP[column.name]
            sheet.append([name, column.name, "sim" if column.required else "", text, example])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for position, width in enumerate((12, 22, 12, 90, 28), start=1):
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.freeze_panes = "A2"


def _write_sheet(sheet: Worksheet, kind: Kind) -> None:
    for position, column in enumerate(COLUMNS[kind], start=1):
        cell = sheet.cell(row=1, column=position, value=column.name)
        cell.font = Font(bold=True)
        cell.fill = _REQUIRED if column.required else _OPTIONAL
        cell.alignment = Alignment(horizontal="center")
        cell.comment = Comment(_comment(column), "Lastro", width=320, height=110)
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = max(14, len(column.name) + 4)
        sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "A2"


def _comment(column: Column) -> str:
    text, example = COLUMN_HELP[column.name]
    required = "Obrigatória. " if column.required else ""
    return f"{required}{text}\nExemplo: {example}"


def manual_tables() -> str:
    """The tables of docs/manual/importacao.md, one per kind, in Markdown."""
    parts: list[str] = []
    for kind, sheet in SHEETS.items():
        parts += [f"### {sheet} (`tipo` = `{kind.value}`)", "", KIND_HELP[kind.value], ""]
        parts += ["| coluna | obrigatória | o que vai nela | exemplo |", "|---|---|---|---|"]
        for column in COLUMNS[kind]:
            text, example = COLUMN_HELP[column.name]
            parts.append(f"| `{column.name}` | {'sim' if column.required else ''} | {text} | `{example}` |")
        parts.append("")
    return "\n".join(parts)
