"""The status page in a browser, on the founding story: what it shows, and that it follows what happens."""

import json
import os

import pytest
from conftest import MEMBER, ROLE, SCREENSHOTS, wait_until

OBJECT = "/objects/default/search-api"
EDITED = "ecs.application-autoscaling.amazonaws.com"


def allow(daemon, statement):
    """Puts the copied statement in the place of the one that lacks a value."""
    iam = daemon.iam()
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName="search-ecs")["PolicyDocument"]
    kept = [other for other in policy["Statement"] if other["Sid"] != statement["Sid"]]
    document = json.dumps(policy | {"Statement": [*kept, statement]})
    iam.put_role_policy(RoleName=ROLE, PolicyName="search-ecs", PolicyDocument=document)


def test_the_founding_story_is_read_copied_and_ended_on_the_page(daemon, browse):
    """The list leads to the object, the object to the edit; the edit ends it, and the page says so by itself."""
    page = browse(permissions=["clipboard-read", "clipboard-write"])
    assert "AccessDenied" in page.inner_text("#objects")
    page.click("text=search-api")
    page.wait_for_url(daemon.url + OBJECT)
    page.locator("[data-copy^=edit-]").first.click()
    wait_until("the button says so", lambda: page.locator("text=Copied").count() == 1)
    statement = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert EDITED in statement["Condition"]["StringEquals"]["iam:AWSServiceName"]

    allow(daemon, statement)
    daemon.reconcile()
    page.locator("h1 .badge", has_text="Ready").wait_for(timeout=30_000)
    assert page.url == daemon.url + OBJECT
    assert page.locator(".trouble").count() == 0
    assert "Updated" in page.inner_text("#said")


def test_an_update_keeps_focus_scroll_and_what_is_open(daemon, browse):
    page = browse(OBJECT)
    page.click("#spec > summary")
    page.locator("#spec > summary").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('live').dataset.old = 'yes'")
    height = page.evaluate("scrollY")
    assert height > 0
    wait_until("the page was replaced", lambda: page.evaluate("!document.getElementById('live').dataset.old"))
    assert page.evaluate("document.getElementById('spec').open")
    assert page.evaluate("document.activeElement.matches('#spec > summary')")
    assert page.evaluate("scrollY") == height


def test_what_is_being_marked_is_left_alone(browse):
    page = browse(OBJECT)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('[id^=edit-]'))")
    marked = page.evaluate("getSelection().toString()")
    assert EDITED in marked
    page.locator("#said", has_text="Updated").wait_for(timeout=15_000)
    assert page.evaluate("getSelection().toString()") == marked


def test_a_daemon_that_is_gone_is_said_and_its_return_is_seen(daemon, browse):
    page = browse(allowed=["ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"])
    page.clock.install()
    daemon.stop()
    page.clock.fast_forward(6_000)
    page.locator("#said", has_text="does not answer").wait_for(timeout=15_000)
    assert "search-api" in page.inner_text("#objects"), "what was known stays"
    daemon.start()
    page.clock.fast_forward(31_000)
    page.locator("#said", has_text="Updated").wait_for(timeout=15_000)
    assert page.evaluate("!document.body.classList.contains('is-stale')")


def test_nothing_is_asked_while_nobody_looks(daemon, browse):
    page = browse()
    page.clock.install()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    page.clock.fast_forward(60_000)
    assert asked == []


@pytest.mark.parametrize("javascript", [True, False])
def test_the_list_is_filtered_and_sorted(browse, javascript):
    page = browse(java_script_enabled=javascript)
    page.fill("[name=q]", "no such thing")
    page.press("[name=q]", "Enter")
    page.wait_for_url("**/?q=no**")
    assert "None of the 1 objects is like that" in page.inner_text("main")
    page.click("text=All objects")
    page.select_option("[name=ready]", "True")
    if not javascript:
        page.click("button")
    page.wait_for_url("**ready=True**")
    assert "None of the 1 objects" in page.inner_text("main")
    page.click("text=All objects")
    page.click("thead >> text=Object")
    page.wait_for_url("**sort=object**")
    assert page.get_attribute("th[aria-sort]", "aria-sort") == "ascending"


def test_it_is_whole_without_javascript(browse):
    page = browse(OBJECT, java_script_enabled=False)
    assert EDITED in page.locator("[id^=edit-]").first.inner_text()
    assert not page.locator("button.copy").first.is_visible(), "a button that would do nothing"
    assert page.locator("svg.chart").count() == 3
    page.click("#spec > summary")
    assert "maxCapacity: 20" in page.inner_text("#spec pre")


def test_every_thing_is_reached_by_keyboard(browse):
    page = browse(OBJECT)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"Skip to the content", "Objects", "Accounts", "Configuration", "Copy", "plan"} <= reached, reached
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


PAGES = {
    "objects": ("/", "main", ["Reconciling", "AccessDenied", "PermissionsGranted"]),
    "object": (OBJECT, "main", ["Because of PermissionsGranted", "B/search-api", "team=search"]),
    "edit": (OBJECT, "li:has([id^=edit-])", ["AllowServiceLinkedRoles", EDITED, "Copy"]),
    "steps": (OBJECT, "section:has(.policy)", ["threshold 30", "+4 tasks", "0 to +10", "threshold 10", "-1 task"]),
    "accounts": ("/accounts", "main", [MEMBER, f"assumed-role/{ROLE}", "NotMade", "iam:CreateServiceLinkedRole"]),
    "config": ("/config", "main", ["refused.yaml:9:3", "maxCapactiy: 3", "did you mean"]),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device,width,height", [("desktop", 1024, 760), ("phone", 375, 812)])
@pytest.mark.parametrize("name", PAGES)
def test_a_screenshot_shows_what_it_is_for(browse, name, device, width, height, scheme):
    """With `UPDATE_SCREENSHOTS=1` the pictures beside this file are written anew."""
    path, place, shown = PAGES[name]
    page = browse(path, viewport={"width": width, "height": height}, color_scheme=scheme)
    part = page.locator(place).first
    part.evaluate("element => element.scrollIntoView()")
    text = part.inner_text() + " ".join(part.locator("svg text").all_text_contents())
    missing = [part for part in shown if part not in text]
    assert not missing, text
    assert page.evaluate("document.documentElement.scrollWidth") == width, "only tables scroll sideways, in their own box"
    assert worst_contrast(page) >= 4.5
    picture = SCREENSHOTS / f"{name}-{device}-{scheme}.png"
    if os.environ.get("UPDATE_SCREENSHOTS"):
        page.screenshot(path=picture)
    assert picture.stat().st_size < 150_000


def worst_contrast(page):
    """The lowest contrast (WCAG 2.2) of any text with the ground that it stands on."""
    return page.evaluate(
        """() => {
          const parse = (color) => color.match(/[\\d.]+/g).map(Number);
          const light = (rgb) => {
            const [r, g, b] = rgb.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = (element) => {
            for (let e = element; e; e = e.parentElement) {
              const color = parse(getComputedStyle(e).backgroundColor);
              if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
            }
            return [255, 255, 255];
          };
          let worst = 21;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            if (!walker.currentNode.textContent.trim() || element.closest("svg, script, .skip, .sr")) continue;
            const [a, b] = [light(parse(getComputedStyle(element).color).slice(0, 3)), light(ground(element))];
            worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
          }
          return worst;
        }"""
    )
