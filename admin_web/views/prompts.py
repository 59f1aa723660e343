"""Prompts: what callers hear, by language, with a player for each."""

from flask import abort, request, send_file
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin_web.page import ConsolePage
from admin_web.texts import lazy_gettext
from admin_web.views.simulator import wanted
from billing.rights import Right
from ivr_prompts.language import languages, load_language
from ivr_prompts.shelf import find_prompt_file, prompt_shelf


class PromptsPage(ConsolePage):
    right = Right.SEE_IVR

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Prompts"), category="IVR", endpoint="prompts", url="/prompts")

    @expose("/")
    def index(self) -> str:
        codes = languages()
        code = request.args.get("language", codes[0])
        if code not in codes:
            abort(404)
        shelf = prompt_shelf(load_language(code), wanted().prompts_dir)
        return self.render("console/prompts.html", code=code, languages=codes, shelf=shelf)

    @expose("/sound/<language>/<prompt_id>.wav")
    def sound(self, language: str, prompt_id: str) -> ResponseReturnValue:
        """The file as Asterisk plays it; browsers play it too, and may ask for a part."""
        if language not in languages():
            abort(404)
        file = find_prompt_file(load_language(language), wanted().prompts_dir, prompt_id)
        if file is None:
            abort(404)
        return send_file(file, mimetype="audio/wav", conditional=True)
