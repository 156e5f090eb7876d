"""The page of a conversation: only its script runs, words stay words, a player only where asked."""

import base64
import hashlib
import re

from ariigcn.predict.page import Media, page

HOSTILE = '<script>alert(1)</script> "quoted" \' {{ 7 }}'


def test_only_its_own_script_runs_and_words_stay_words(text_model):
    found = text_model.predict_turns([(HOSTILE, HOSTILE), ("Ben", "Well.")])
    html = page([found])
    [script] = re.findall("<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert "alert(1)" not in script
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; &#34;quoted&#34; &#39; {{ 7 }}") >= 2


def test_a_player_only_where_there_is_a_recording(text_model):
    found = text_model.predict_turns([("Ann", "Oh!")])
    plain = page([found])
    assert 'class="player"' not in plain and "media-src" not in plain and "<h1>" in plain
    heard = page([found], Media('kept/a"b', "audio"), embedded=True)
    assert '<audio class="player" controls preload="metadata" src="kept/a&#34;b"' in heard
    assert "media-src http: https:" in heard and "<h1>" not in heard
