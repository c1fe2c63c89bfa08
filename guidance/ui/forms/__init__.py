"""Pages that take answers, show text and offer choices, by keys, mouse and touch; no engine runs behind them."""

from guidance.ui.forms.app import PagesApp
from guidance.ui.forms.form_page import FormPage
from guidance.ui.forms.menu_page import MenuEntry, MenuPage
from guidance.ui.forms.model import Form, FormChoice, FormItem
from guidance.ui.forms.text_page import TextPage

__all__ = ["Form", "FormChoice", "FormItem", "FormPage", "MenuEntry", "MenuPage", "PagesApp", "TextPage"]
