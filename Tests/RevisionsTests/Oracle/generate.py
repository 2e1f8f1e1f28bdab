#!/usr/bin/env python3
"""Asks the real Alembic about random revision graphs and writes its answers down.

  pip install alembic
  ./generate.py --graphs 60 --cases 8 --seed 1 > cases.jsonl

A line is one graph with questions and answers:

  {"nodes": [[id, [parents], [depends_on], [labels]], …], "cases": [{"do": …, "at": [rows], "to": target, …answer…}, …]}

Answers: "steps" [[id, [rows after it]], …] in the order in which they are run, "rows" afterwards, "ids", "labels",
"branches", "node" [parents, depends_on, labels], or "error": the kind. Every question is put under several hash seeds;
where Alembic's own order depends on the seed, the answer says "loose": true and only the set (and that parents come
first) is given; where anything else depends on it, or where Alembic dies of an assertion, the question is left out.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import warnings

SEEDS = ["0", "1", "2", "3", "7", "42", "99", "1234"]
LABELS = ["billing", "core", "auth", "reports"]
KINDS = [
    ("Multiple revisions start", "ambiguous_prefix"),
    ("No such revision or branch", "no_such_revision"),
    ("No such branch", "no_such_branch"),
    ("is not a member of branch", "not_in_branch"),
    ("Not a valid downgrade target", "not_ancestor"),
    ("is not an ancestor of", "not_ancestor"),
    ("Ambiguous walk", "ambiguous_walk"),
    ("didn't produce", "relative_out_of_range"),
    ("Walked too far", "relative_out_of_range"),
    ("Ambiguous upgrade", "ambiguous_current"),
    ("overlaps with", "overlapping_targets"),
    ("is not a head revision", "not_a_head"),
    ("already used by", "duplicate_label"),
    ("Duplicate head revisions", "overlapping_targets"),
    ("Dependency self-loop", "dependency_self_loop"),
    ("Self-loop", "self_loop"),
    ("Dependency cycle", "dependency_cycle"),
    ("Cycle", "cycle"),
    ("not allowed in revision identifier", "illegal_id"),
]


# ---------------------------------------------------------------- asking Alembic


def ask(graph):
    """The answers to all cases of one graph."""
    from alembic.runtime import migration
    from alembic.script import base, revision

    class Module:
        upgrade = downgrade = staticmethod(lambda: None)

    class Script(revision.Revision):
        module = Module
        doc = ""

    class Rows(migration.HeadMaintainer):
        def __init__(self, rows):
            self.heads = set(rows)

        def _insert_version(self, version):
            assert version not in self.heads
            self.heads.add(version)

        def _delete_version(self, version):
            self.heads.remove(version)

        def _update_version(self, from_, to_):
            assert to_ not in self.heads
            self.heads.remove(from_)
            self.heads.add(to_)

    def kind(error):
        cause = error
        while cause is not None:
            if isinstance(cause, revision.MultipleHeads):
                return "multiple_heads"
            for text, name in KINDS:
                if text in str(cause):
                    return name
            cause = cause.__cause__
        return "crash"

    def script(node):
        return Script(node[0], tuple(node[1]) or None, tuple(node[2]) or None, tuple(node[3]) or None)

    def directory():
        made = base.ScriptDirectory.__new__(base.ScriptDirectory)
        made.revision_map = revision.RevisionMap(lambda: [script(n) for n in graph["nodes"]])
        made.revision_map._revision_map
        return made

    def steps(sd, plan, rows):
        table, out = Rows(rows), []
        for step in plan:
            table.update_to_step(step)
            for row in table.heads:
                # On the way down past a merge whose one parent is an ancestor of the other, Alembic leaves rows from
                # which it refuses to upgrade again. That is no model.
                above = sd.revision_map._get_ancestor_nodes([sd.revision_map.get_revision(row)])
                assert not table.heads & ({r.revision for r in above} - {row})
            out.append([step.revision.revision, sorted(table.heads)])
        return {"steps": out}

    def named(revisions):
        return {"ids": [r if isinstance(r, str) or r is None else r.revision for r in revisions]}

    def new(sd, case):
        wanted = case["to"] if isinstance(case["to"], list) else [case["to"]]
        heads = sd.get_revisions(case["to"])
        if len(set(heads)) != len(heads):
            raise revision.RevisionError("Duplicate head revisions specified")
        assert wanted
        if not case.get("splice"):
            for head in heads:
                if not head.is_head:
                    raise revision.RevisionError("%s is not a head revision" % head.revision)
        depends = []
        for name in case.get("depends", []):
            found = sd.get_revision(name)
            depends.append(name if name in found.branch_labels else found.revision)
        node = ["ffffffffff00", [h.revision for h in heads], depends, case.get("labels", [])]
        sd.revision_map.add_revision(script(node))
        return {"node": node[1:]}

    def answer(case):
        do, to, rows = case["do"], case.get("to"), tuple(case.get("at", []))
        sd = directory()
        if do == "load":
            return {"ids": sorted(sd.get_heads())}
        if do == "upgrade":
            return steps(sd, sd._upgrade_revs(to, rows), rows)
        if do == "downgrade":
            return steps(sd, sd._downgrade_revs(to, rows), rows)
        if do == "stamp":
            table = Rows(rows)
            for step in sd._stamp_revs(tuple(to), rows):
                table.update_to_step(step)
            return {"rows": sorted(table.heads)}
        if do == "resolve":
            return named(sd.get_revisions(to))
        if do == "resolve_one":
            found = sd.get_revision(to)
            return named([found] if found else [])
        if do == "current":
            return {"ids": sorted(r.revision for r in sd.get_all_current(rows))}
        if do == "heads":
            return {"ids": sorted(sd.get_heads())}
        if do == "effective_heads":
            return {"ids": sorted(sd.get_heads(consider_depends_on=True))}
        if do == "history":
            start, end = to.split(":") if to else (None, None)
            start = rows if start == "current" else start
            end = rows if end == "current" else end
            return named(list(sd.walk_revisions(start or "base", end or "heads")))
        if do == "labels":
            return {"labels": {n[0]: sorted(sd.get_revision(n[0]).branch_labels) for n in graph["nodes"]}}
        if do == "branches":
            found = [sd.get_revision(n[0]) for n in graph["nodes"]]
            return {"branches": sorted([r.revision, sorted(r.nextrev)] for r in found if r.is_branch_point)}
        if do == "new":
            return new(sd, case)
        raise SystemExit("no such question: " + do)

    answers = []
    for case in graph["cases"]:
        try:
            answers.append(answer(case))
        except KeyError:
            answers.append({"error": "missing_revision" if case["do"] == "load" else "crash"})
        except Exception as error:
            answers.append({"error": kind(error)})
    return answers


def worker():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(ask(json.loads(line))), flush=True)


# ---------------------------------------------------------------- making graphs and questions


def make_graph(rng):
    """Nodes in file order, which has nothing to do with the order of the graph."""
    shape = rng.choice(["linear", "tree", "bases", "merges", "merges", "deps", "deps", "mixed", "broken"])
    size = rng.randint(2, 5) if shape == "linear" else rng.randint(3, 13)
    style = rng.choice(["hex", "number", "short"])
    ids = []
    while len(ids) < size:
        made = {
            "hex": lambda: rng.choice(["ab12", "abcd", "12ab", ""]) + "%08x" % rng.getrandbits(32),
            "number": lambda: "%04d" % (len(ids) + 1),
            "short": lambda: rng.choice("abcdefghij") + str(len(ids)),
        }[style]()
        if made not in ids:
            ids.append(made)
    nodes = []
    for number, name in enumerate(ids):
        earlier = ids[:number]
        down, depends = [], []
        if earlier and not (shape in ("bases", "mixed", "deps") and rng.random() < 0.2):
            recent = earlier[-1:] if shape == "linear" or rng.random() < 0.5 else earlier[-6:]
            down = [rng.choice(recent)]
            if shape in ("merges", "mixed", "deps") and len(earlier) > 1 and rng.random() < 0.3:
                down = rng.sample(earlier[-6:], min(len(earlier), rng.choice([2, 2, 3])))
        if shape in ("deps", "mixed") and earlier and rng.random() < 0.35:
            depends = rng.sample(earlier, min(len(earlier), rng.choice([1, 1, 2])))
        nodes.append([name, down, depends, []])
    for label in LABELS:
        if shape != "broken" and rng.random() < 0.4:
            rng.choice(nodes)[3].append(label)
    labels = {label: node for node in nodes for label in node[3]}
    for number, node in enumerate(nodes):
        reachable = [name for name, owner in labels.items() if owner in nodes[:number]]
        if node[2] and reachable and rng.random() < 0.4:
            node[2][0] = rng.choice(reachable)
    if shape == "broken":
        break_graph(rng, nodes)
    rng.shuffle(nodes)
    return nodes, shape


def break_graph(rng, nodes):
    first, last = nodes[0], nodes[-1]
    how = rng.choice(["missing", "missing dependency", "self", "self dependency", "cycle", "illegal", "label"])
    if how == "missing":
        last[1] = last[1] + ["feedface"]
    elif how == "missing dependency":
        last[2] = ["feedface"]
    elif how == "self":
        last[1] = [last[0]]
    elif how == "self dependency":
        last[2] = [last[0]]
    elif how == "cycle":
        first[1] = [last[0]]
        last[1] = last[1] or [first[0]]
    elif how == "illegal":
        last[0] += rng.choice("@-+:")
    else:
        first[3] = last[3] = ["same"]


def applied_rows(rng, nodes):
    """Rows that an upgrade to some random revisions leaves."""
    by_name = {node[0]: node for node in nodes}
    by_name.update({label: node for node in nodes for label in node[3]})
    applied, todo = set(), [node[0] for node in rng.sample(nodes, min(len(nodes), rng.choice([0, 1, 1, 2, 3])))]
    while todo:
        node = by_name[todo.pop()]
        if node[0] not in applied:
            applied.add(node[0])
            todo += node[1] + node[2]
    covered = {by_name[name][0] for name in applied for name in by_name[name][1] + by_name[name][2]}
    return [node[0] for node in nodes if node[0] in applied - covered]


def make_target(rng, nodes, relative=True):
    node = rng.choice(nodes)[0]
    labels = [label for n in nodes for label in n[3]] or ["nolabel"]
    branch = rng.choice(labels + [node])
    partial = node[: rng.randint(1, len(node))]
    choices = ["head", "heads", "base", node, node, partial, branch, branch + "@head", branch + "@heads"]
    choices += [branch + "@base", branch + "@" + rng.choice(nodes)[0], "nope", "nolabel@head"]
    if relative:
        choices += ["+%d" % rng.randint(1, 3), "-%d" % rng.randint(1, 3), node + "+1", node + "-1", node + "-2"]
        choices += [branch + "@+1", branch + "@-1", branch + "@+2", branch + "@" + node + "+1", "head-1"]
    return rng.choice(choices)


def make_cases(rng, nodes, shape, count):
    if shape == "broken":
        return [{"do": "load"}]
    cases = [{"do": rng.choice(["load", "heads", "effective_heads", "labels", "branches"])}]
    while len(cases) < count:
        do = rng.choice(
            ["upgrade"] * 5 + ["downgrade"] * 5 + ["stamp"] * 3 + ["resolve", "resolve_one", "current", "new", "new"]
            + ["history"] * 2 + ["labels", "branches"]
        )
        case = {"do": do}
        if do in ("upgrade", "downgrade", "stamp", "current", "history"):
            case["at"] = applied_rows(rng, nodes)
        if do in ("upgrade", "downgrade"):
            case["to"] = make_target(rng, nodes)
        elif do in ("resolve", "resolve_one"):
            case["to"] = make_target(rng, nodes, relative=False)
        elif do == "stamp":
            case["to"] = [make_target(rng, nodes, relative=False)]
        elif do == "history":
            ends = ["", "", "base", "heads", "current", rng.choice(nodes)[0], rng.choice(nodes)[0]]
            case["to"] = rng.choice(ends[:2] + ends[2:3] + ends[4:]) + ":" + rng.choice(ends[:2] + ends[3:])
        elif do == "new":
            node = lambda: rng.choice(nodes)[0]
            case["to"] = rng.choice(["head", "heads", "base", node(), node(), [node(), node()]])
            case["splice"] = rng.random() < 0.4
            if rng.random() < 0.3:
                case["labels"] = [rng.choice(LABELS + ["fresh"])]
            if rng.random() < 0.3:
                case["depends"] = [make_target(rng, nodes, relative=False)]
        if do == "downgrade" and len(case["at"]) > 1 and case["to"].startswith("-"):
            continue  # which row is meant depends on the order of the rows: Alembic warns
        if do == "history" and not case["at"] and "current" in case["to"]:
            continue  # Alembic's own code takes "no rows" for "not said"
        if case not in cases:
            cases.append(case)
    return cases


# ---------------------------------------------------------------- putting both together


def settle(nodes, case, answers):
    """The case with the one answer that all seeds agree on; None where they disagree."""
    first = answers[0]
    if any(a.get("error") == "crash" for a in answers):
        return None  # Alembic dies of an assertion: it says nothing about what is right
    if any("error" in a for a in answers):
        return dict(case, **first) if all(a == first for a in answers) else None
    if all(a == first for a in answers):
        return dict(case, **first)
    if "steps" in first:
        # The order may be free, the last rows may not.
        if all(sorted(s[0] for s in a["steps"]) == sorted(s[0] for s in first["steps"]) for a in answers):
            ends = {json.dumps(a["steps"][-1][1]) for a in answers}
            if len(ends) == 1:
                ids = sorted(s[0] for s in first["steps"])
                return dict(case, loose=True, ids=ids, rows=first["steps"][-1][1])
    elif "ids" in first and all(sorted(a["ids"]) == sorted(first["ids"]) for a in answers):
        return dict(case, loose=True, ids=sorted(first["ids"]))
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=60)
    parser.add_argument("--cases", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return worker()
    rng = random.Random(arguments.seed)
    graphs = []
    for _ in range(arguments.graphs):
        nodes, shape = make_graph(rng)
        graphs.append({"nodes": nodes, "cases": make_cases(rng, nodes, shape, arguments.cases)})
    text = "".join(json.dumps(graph) + "\n" for graph in graphs)
    replies = []
    for seed in SEEDS:
        ran = subprocess.run(
            [sys.executable, __file__, "--worker"], input=text, capture_output=True, text=True, check=True,
            env=dict(os.environ, PYTHONHASHSEED=seed))
        replies.append([json.loads(line) for line in ran.stdout.splitlines()])
    for number, graph in enumerate(graphs):
        settled = [
            settle(graph["nodes"], case, [reply[number][place] for reply in replies])
            for place, case in enumerate(graph["cases"])
        ]
        graph["cases"] = [case for case in settled if case is not None]
        print(json.dumps(graph, separators=(",", ":")))


if __name__ == "__main__":
    main()
