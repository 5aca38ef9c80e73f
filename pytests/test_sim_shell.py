"""The simulator's shell beside the system's: the same script prints the same and ends with the same code."""

import os
import subprocess

import pytest

pytestmark = pytest.mark.only("sim", reason="the simulator's own shell")

LINES = "printf 'one 1\\ntwo 2\\nthree 3\\nfour 4\\n'"

SCRIPTS = {
    "head": f"{LINES} | head -n 2; {LINES} | head -1; {LINES} | head -n9; {LINES} | head -c 7",
    "tail": f"{LINES} | tail -n 2; {LINES} | tail -1; {LINES} | tail -n +3; {LINES} | tail -c 7; {LINES} | tail",
    "wc": f"{LINES} | wc -l; {LINES} | wc -w; {LINES} | wc -c; printf 'no end' | wc -l",
    "cut fields": f"{LINES} | cut -d ' ' -f 2; {LINES} | cut -d' ' -f1; printf 'a:b:c:d\\nnone\\n' | cut -d: -f 1,3-",
    "cut bytes": f"{LINES} | cut -c 2-4; {LINES} | cut -c1,3",
    "tr": "echo 'Hello World' | tr 'a-z' 'A-Z'; echo 'a  b   c' | tr -s ' '; echo 'a b c' | tr -d ' '; "
          "printf 'a\\nb\\n' | tr '\\n' ','; echo ABC | tr '[:upper:]' '[:lower:]'; echo abcd | tr abcd xy",
    "sort": "printf 'b\\na\\nC\\nb\\n10\\n9\\n' | sort; printf 'b\\na\\nb\\n' | sort -u; printf '10\\n9\\n-1\\n' | sort -n; "
            "printf '10\\n9\\n9\\n' | sort -nr; printf '2 a\\n2 b\\n1 c\\n' | sort -rn",
    "grep": f"{LINES} | grep t; {LINES} | grep -c o; {LINES} | grep -v o; {LINES} | grep -E '^(one|four)'; "
            f"{LINES} | grep -i TWO; printf 'a.c\\nabc\\n' | grep -F a.c; {LINES} | grep -q five || echo none",
    "sed s": f"{LINES} | sed 's/o/0/'; {LINES} | sed 's/[a-z]/<&>/g'; echo abc | sed 's/x*/-/g'; echo baac | sed 's/a*/x/g'; "
             "echo 'a b' | sed 's/\\(.\\) \\(.\\)/\\2 \\1/'; echo aaa | sed 's/a/b/2'; echo a/b | sed 's/\\//:/'; echo a/b | sed 's|/|:|'",
    "sed newline": "printf 'abcdefg' | sed -e 's/.\\{3\\}/&\\n/g'; printf 'x' | sed 's/x/y/'",
    "sed lines": f"{LINES} | sed -n 2p; {LINES} | sed 1d; {LINES} | sed '2,3d'; {LINES} | sed -n '$p'; {LINES} | sed '/two/,/three/d'; "
                 f"{LINES} | sed '2!d'; {LINES} | sed 2q; printf 'a\\n\\nb\\n' | sed '/^$/d'",
    "sed several": f"{LINES} | sed -e 's/one/1/' -e 's/two/2/'; {LINES} | sed -n 's/t/T/p;1p'; {LINES} | sed -E 's/(o|e)+/_/g'",
    "base64": "printf 'some text that is long enough for more than a line of the encoded form' | openssl base64; "
              "printf 'c29tZSB0\\nZXh0\\n' | openssl base64 -d",
    "beside the script": "for i in 1 2 3; do sleep 0.0$i & pids=\"$pids $!\"; done; wait $pids; echo $?; false & wait $! || echo failed; "
                         "true & wait; [ -n \"$!\" ] && echo number; sleep 9 & kill $!; wait $! || echo $?; wait 1 2>/dev/null || echo $?",
    "sums": "a=7; echo $((2 * (3 + 4) - $a)) $((7 % 4)) $((-7 / 2)) $((1 == 1)) $((1 != 1)) $((!0))",
    "no job": "if false; then sleep 9 & echo x 2>&1 | cat; fi; true 2>&1 && echo fine",
    "a missing file": "cat /nowhere/at/all 2>/dev/null || echo missing; grep x /nowhere 2>/dev/null || echo none",
    "exit codes": "false || echo 'was false'; ! true || echo never; [ 1 -lt 2 ] && echo less; exit 3",
}


def beside(request, folder, script):
    marked = f"printf '<<<'\n{script}\nprintf '>>>'\n"
    real = subprocess.run(["/bin/sh", "-ec", marked], capture_output=True, text=True, cwd=folder, timeout=20,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL)
    scenario = folder / "shell.vtc"
    scenario.write_text('vtest "a script"\nfeature ignore_unknown_macro\n'
                        f"shell -exit {real.returncode} -expect {{{real.stdout}}} {{\n{marked}}}\n")
    program = os.path.join(os.path.abspath(request.config.getoption("--build")), "lockstep-sim")
    return subprocess.run([program, "run", str(scenario)], capture_output=True, text=True, cwd=folder, timeout=20)


@pytest.mark.parametrize("name", SCRIPTS)
def test_as_the_system_has_it(name, request, tmp_path):
    result = beside(request, tmp_path, SCRIPTS[name])
    assert result.returncode == 0, result.stdout


def test_what_is_unknown_skips(request, tmp_path):
    result = beside(request, tmp_path, "echo a | sed 'y/a/b/'")
    assert result.returncode == 77
    assert "this use of 'sed' is not known here" in result.stdout
