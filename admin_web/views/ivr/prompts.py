"""Prompts: what callers hear, by language, each with a player, and a recording of your own in place of a file."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from itertools import groupby

from flask import abort, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin_web.access import actor, now
from admin_web.acts import require_right, require_token
from admin_web.page import ConsolePage
from admin_web.views.ivr.simulator import wanted
from billing.rights import Right
from ivr_prompts.espeak_voice import EspeakVoice
from ivr_prompts.language import Language, languages, load_language
from ivr_prompts.recording import BYTES_MAX, RecordingRefused
from ivr_prompts.replace import (
    PromptFile,
    PromptPlace,
    ReplaceRefused,
    generate_prompt,
    replace_prompt,
    undo_replacement,
)
from ivr_prompts.shelf import Origin, ShelfPrompt, find_prompt_file, prompt_shelf
from services.audit.audit_report import AuditFilter, audit_entries
from services.products.note_prompt import PromptChange, note_prompt, require_prompt_right
from web_base.database import read_session, write_session
from web_base.texts import gettext, lazy_gettext, translated

FORM_BYTES_MAX = 16 * 1024  # what stands in a form beside its file
WORDS = ("numbers", "units", "dates")  # of which numbers, amounts and dates are composed
CHANGES_SHOWN = 20
Change = Callable[[PromptPlace, str], PromptFile]


class PromptsPage(ConsolePage):
    right = Right.SEE_IVR

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Prompts"), category="IVR", endpoint="prompts", url="/prompts")

    @expose("/")
    def index(self) -> str:
        code = request.args.get("language", languages()[0])
        text, origin = request.args.get("q", "").strip(), request.args.get("file", "")
        if origin and origin not in set(Origin):
            abort(404)
        shelf = prompt_shelf(_language(code), wanted().prompts_dir)
        shown = [one for one in shelf if _fits(one, text.casefold(), origin)]
        return self.render(
            "console/prompts.html",
            code=code,
            languages=languages(),
            counts={kind: sum(one.origin is kind for one in shelf) for kind in Origin},
            groups=[(name, list(prompts)) for name, prompts in groupby(shown, key=lambda one: one.group)],
            text=text,
            origin=origin,
            words=WORDS,
        )

    @expose("/<language>/<prompt_id>")
    def show(self, language: str, prompt_id: str) -> str:
        shelf = prompt_shelf(_language(language), wanted().prompts_dir)
        found = next((one for one in shelf if one.prompt_id == prompt_id), None)
        if found is None:
            abort(404)
        place = PromptPlace(load_language(language), wanted().prompts_dir, prompt_id)
        changed = AuditFilter(object_kind="prompt", object_id=f"{language}/{prompt_id}")
        return self.render(
            "console/prompt.html",
            code=language,
            prompt=found,
            seen=place.now().content_digest,
            can_undo=place.kept.is_file(),
            changes=audit_entries(read_session(), changed, CHANGES_SHOWN),
        )

    @expose("/<language>/<prompt_id>/replace", methods=("POST",))
    def replace(self, language: str, prompt_id: str) -> ResponseReturnValue:
        request.max_content_length = BYTES_MAX + FORM_BYTES_MAX
        require_token()
        recording = request.files.get("recording")
        content = b"" if recording is None else recording.read(BYTES_MAX + 1)
        return _changed("replaced", language, prompt_id, lambda place, seen: replace_prompt(place, content, seen))

    @expose("/<language>/<prompt_id>/undo", methods=("POST",))
    def undo(self, language: str, prompt_id: str) -> ResponseReturnValue:
        require_token()
        return _changed("undone", language, prompt_id, undo_replacement)

    @expose("/<language>/<prompt_id>/generate", methods=("POST",))
    def generate(self, language: str, prompt_id: str) -> ResponseReturnValue:
        require_token()
        return _changed(
            "generated", language, prompt_id, lambda place, seen: generate_prompt(place, EspeakVoice(), seen)
        )

    @expose("/sound/<language>/<prompt_id>.wav")
    def sound(self, language: str, prompt_id: str) -> ResponseReturnValue:
        """The file as Asterisk plays it; browsers play it too, and may ask for a part."""
        file = find_prompt_file(_language(language), wanted().prompts_dir, prompt_id)
        if file is None:
            abort(404)
        return send_file(file, mimetype="audio/wav", conditional=True)

    @expose("/<language>.zip")
    def archive(self, language: str) -> ResponseReturnValue:
        """Every file of a language that is there, for a studio or another installation."""
        known, whole = _language(language), io.BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for prompt in prompt_shelf(known, wanted().prompts_dir):
                if file := find_prompt_file(known, wanted().prompts_dir, prompt.prompt_id):
                    archive.write(file, f"{language}/{file.name}")
        whole.seek(0)
        return send_file(whole, "application/zip", as_attachment=True, download_name=f"prompts-{language}.zip")


def _language(code: str) -> Language:
    if code not in languages():
        abort(404)
    return load_language(code)


def _fits(prompt: ShelfPrompt, text: str, origin: str) -> bool:
    return (not origin or prompt.origin == origin) and (text in prompt.text.casefold() or text in prompt.prompt_id)


def _changed(act: str, language: str, prompt_id: str, change: Change) -> ResponseReturnValue:
    """What the operator saw is what is replaced; what became of it stands on the prompt's page."""
    require_right(Right.MANAGE_IVR)
    _language(language)
    try:
        place = PromptPlace(load_language(language), wanted().prompts_dir, prompt_id)
        with write_session() as session:
            require_prompt_right(actor())
            before = asdict(place.now())
            after = asdict(change(place, request.form.get("seen", "")))
            note_prompt(session, PromptChange(act, language, prompt_id, before, after), actor(), now())
    except (RecordingRefused, ReplaceRefused) as refused:
        flash(translated(refused), "error")
    else:
        flash(gettext("Callers hear the new file from the next time on. Play it to be sure."), "good")
    return redirect(url_for(".show", language=language, prompt_id=prompt_id))
