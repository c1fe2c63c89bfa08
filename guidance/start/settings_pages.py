"""Settings: what config.toml says, keys, a test of keys and pedals, a test of the sound, colours, language."""

from __future__ import annotations

from pathlib import Path

from textual import events

from guidance.audio.settings import sound_settings
from guidance.audio.sound_check import check_sound
from guidance.common.config import config_path
from guidance.common.errors import UserError
from guidance.common.folders import text_of_file
from guidance.language import ENGLISH, LANGUAGES, in_use, use
from guidance.start.choice import StartChoice, StartMemory
from guidance.start.command_page import CommandPage
from guidance.ui.forms import MenuEntry, MenuPage, TextPage
from guidance.ui.keymap import keymap_of
from guidance.ui.keys import KEY_ACTIONS, shown
from guidance.ui.palettes import PALETTES
from guidance.ui.theme import choose

_SOUND_WORDS = {
    "heard": "The tone was played, and a microphone or monitor recorded it.",
    "not heard": "The tone was played, and the microphone did not record it: turn the volume up, and listen.",
    "nothing to hear with": "The tone was played. There is no microphone that could record it: listen.",
}


class SettingsPage(MenuPage):
    """The menu of settings."""

    def __init__(self, memory: StartMemory) -> None:
        self._memory = memory
        entries = [
            MenuEntry("config", "c", "What config.toml says", str(config_path())),
            MenuEntry("keys", "k", "Keys", "every action with its keys"),
            MenuEntry("test", "p", "Test keys and pedal", "press one, and see what it does"),
            MenuEntry("sound", "s", "Test the sound", "plays a tone, and records it if it can"),
            MenuEntry("guidance", "g", "Play the guidance", "the sounds from far to near"),
            MenuEntry("alarms", "a", "Play the alarms"),
            MenuEntry("theme", "t", "Colours", f"now {memory.theme}; for good: theme in [screen]"),
            MenuEntry("language", "l", "Language", f"now {LANGUAGES[in_use()]}; for good: language in [screen]"),
            MenuEntry("device", "d", "Check the device", "rate, noise, electrodes, what to fix"),
        ]
        super().__init__("SETTINGS", entries, _site_words(memory))

    def chosen(self, name: str) -> None:
        """Open the page of the entry, or run its command."""
        if name == "config":
            self.app.push_screen(TextPage("SETTINGS  config.toml", config_text()))
        elif name == "keys":
            self.app.push_screen(TextPage("SETTINGS  keys", self._keys_text()))
        elif name == "test":
            self.app.push_screen(KeyTestPage(self._memory))
        elif name == "sound":
            self.show_message("Playing a tone; this takes some seconds.")
            self.run_worker(self._check_sound, thread=True, exclusive=True)
        elif name == "theme":
            self._next_theme()
        elif name == "language":
            self._next_language()
        elif name == "device":
            self.app.push_screen(CommandPage(self._memory, "check", "CHECK THE DEVICE", ("address",)))
        else:
            what = "alarms" if name == "alarms" else "tempo"
            self.app.exit(StartChoice(("sounds", "play", what), page="settings"))

    def _keys_text(self) -> str:
        try:
            return "\n".join(f"{name:<14} {keys}" for name, keys in key_words(self._memory).items())
        except UserError as fault:
            return str(fault)

    def _check_sound(self) -> None:
        try:
            check = check_sound(sound_settings().device)
            words = _SOUND_WORDS.get(check.state) or check.why or "The sound is lost."
        except UserError as fault:
            words = str(fault)
        self.app.call_from_thread(self.show_message, words)

    def _next_theme(self) -> None:
        names = list(PALETTES)
        self._memory.theme = names[(names.index(self._memory.theme) + 1) % len(names)]
        theme = choose(self._memory.theme)
        self.app.register_theme(theme)
        self.app.theme = theme.name
        self.show_message(
            f'Colours: {self._memory.theme}, until the program ends. For good: [screen] theme = "{self._memory.theme}"'
        )

    def _next_language(self) -> None:
        codes = list(LANGUAGES)
        use(codes[(codes.index(in_use()) + 1) % len(codes)])
        reviewed = "" if in_use() == ENGLISH else " No clinician has reviewed this translation."
        self.show_message(
            f"Language of screen and alarms: {LANGUAGES[in_use()]}, until the program ends. "
            f'For good: [screen] language = "{in_use()}".{reviewed}'
        )


class KeyTestPage(TextPage):
    """A page that names what each pressed key or pedal does."""

    def __init__(self, memory: StartMemory) -> None:
        self._by_key: dict[str, str] = {}
        text = "Press a key or a pedal; its action is shown below. Nothing is stimulated here. ESC twice leaves."
        super().__init__("SETTINGS  test keys and pedal", text)
        self._last = ""
        try:
            self._by_key = {key: name for name, keys in keymap_of(memory.config).items() for key in keys}
        except UserError as fault:
            self._text = str(fault)

    def on_key(self, event: events.Key) -> None:
        """Show what the key does; leave at the second Escape."""
        event.stop()
        event.prevent_default()
        if event.key == "escape" and self._last == "escape":
            self.dismiss()
            return
        self._last = event.key
        does = self._by_key.get(event.key)
        words = f"does: {does}" if does else "has no action: it stops the stimulator"
        self.show_message(f"{shown(event.key)}   {words}")


def key_words(memory: StartMemory) -> dict[str, str]:
    """Return the keys of every action in words. Raises UsageError."""
    keymap = keymap_of(memory.config)
    return {action.name: " ".join(map(shown, keymap[action.name])) for action in KEY_ACTIONS}


def config_text(path: Path | None = None) -> str:
    """Return the settings as they are written, or why there are none."""
    path = path or config_path()
    try:
        return text_of_file(path)
    except FileNotFoundError:
        return f"There is no file {path}. needle-guidance help screen shows what may stand in it."
    except (OSError, ValueError) as fault:
        return f"{path} cannot be read ({fault})."


def _site_words(memory: StartMemory) -> str:
    tables = {"note": memory.config.note, "start": memory.config.start, "stop_moment": memory.config.stop_moment}
    set_here = ", ".join(f"[{name}] {len(table)}" for name, table in tables.items() if table)
    return f"Site: {set_here or 'no defaults are set'}. Store: {memory.store}"
