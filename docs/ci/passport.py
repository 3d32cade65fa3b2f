"""Scores random rankings with the libraries whose metrics `pvs evaluate --passport` names.

    passport.py --out pvs/evaluate/testdata/libraries.json      # makes the file, with all libraries
    passport.py --check pvs/evaluate/testdata/libraries.json    # compares it with the libraries that are installed

The rankings have equal scores, queries without results, without truth and with fewer results than k, and right photos
that were not found. Values are means over queries, as each library averages them, by the name of the passport.
"""

import argparse
import importlib.metadata
import json
import random
import sys
import warnings

PACKAGES = {
    "scikit-learn": "scikit-learn",
    "torchmetrics": "torchmetrics",
    "pytorch-metric-learning": "pytorch-metric-learning",
    "ranx": "ranx",
    "trec_eval": "pytrec_eval-terrier",
}
CASES = 36
TOLERANCE = 1e-6


def make_case(rng, kind):
    """Returns a search. Photos of one label show one product; the label of some queries has no photo in the index."""
    labels = rng.randint(2, 5)
    index = {f"p{i}": rng.randrange(labels) for i in rng.sample(range(100), rng.randint(8, 14))}  # ids have gaps
    if kind == "one set":  # queries are photos of the index, and find themselves
        label_of = {q: index[q] for q in rng.sample(list(index), 6)}
    else:
        label_of = {f"q{i}": rng.randrange(labels + 1) for i in range(8)}
    rows, truth = {}, {}
    for query, label in label_of.items():
        right = [p for p in index if index[p] == label and p != query]
        if kind == "one set" and rng.random() < 0.2:
            right.append(query)  # a truth that lists the query itself
        if right or rng.random() < 0.5:
            truth[query] = right + right[:1] * rng.randint(0, 1)  # a pair that is listed twice is one
        found = rng.sample(list(index), len(index) if kind == "whole" else rng.randint(0, len(index)))
        if kind == "one set" and query not in found:
            found.append(query)
        scores = sorted((rng.choice([1, 2, 3, 4, 5, 6, 7]) / 8 for _ in found), reverse=True)
        found.sort(key=lambda p: rng.random() - 0.4 * (index[p] == label) - (p == query))  # better than chance
        if found:
            rows[query] = [list(row) for row in zip(found, scores)]
    if not any(truth.get(query) for query in rows):
        return make_case(rng, kind)
    return {"kind": kind, "k": rng.choice([1, 2, 3, 5, 10]), "rows": rows, "truth": truth,
            "index": index, "labels": label_of}


def with_truth(case):
    return [q for q in sorted(set(case["rows"]) | set(case["truth"])) if case["truth"].get(q)]


def trec_eval(case):
    import pytrec_eval

    k = case["k"]
    qrels = {q: {p: 1 for p in case["truth"][q]} for q in with_truth(case)}
    ours = {f"recall_{k}": f"mar_at_{k}", f"success_{k}": f"any_hit_at_{k}", "success_1": "any_hit_at_1",
            f"map_cut_{k}": f"map_at_{k}_by_r", "map": "map", "Rprec": "r_precision", f"P_{k}": f"precision_at_{k}",
            "recip_rank": "mrr", f"ndcg_cut_{k}": f"ndcg_at_{k}", "ndcg": "ndcg"}
    measures = {f"{m}.{k}" for m in ("recall", "map_cut", "P", "ndcg_cut")}
    measures |= {f"success.1,{k}" if k > 1 else "success.1", "map", "Rprec", "recip_rank", "ndcg"}

    def means(run, measures):
        by_query = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run).values()
        return {m: sum(v[m] for v in by_query) / len(by_query) for m in next(iter(by_query))}

    run = {q: dict(rows) for q, rows in case["rows"].items()}
    values = {ours[m]: v for m, v in means(run, measures).items()}
    best = lambda rows: sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)[:k]  # what -M takes
    cut = means({q: dict(best(rows)) for q, rows in case["rows"].items()}, {"recip_rank"})
    values[f"mrr_at_{k}"] = cut["recip_rank"]
    yield {"no_results": "left out", "self": "by truth", "ties": "id descending"}, values


def ranx(case):
    from ranx import Qrels, Run, evaluate

    k = case["k"]
    ours = {f"recall@{k}": f"mar_at_{k}", f"hit_rate@{k}": f"any_hit_at_{k}", "hit_rate@1": "any_hit_at_1",
            f"map@{k}": f"map_at_{k}_by_r", "map": "map", "r-precision": "r_precision", f"precision@{k}":
            f"precision_at_{k}", f"mrr@{k}": f"mrr_at_{k}", "mrr": "mrr", f"ndcg@{k}": f"ndcg_at_{k}", "ndcg": "ndcg"}
    qrels = Qrels({q: {p: 1 for p in case["truth"][q]} for q in with_truth(case)})
    # Its sorting does not promise an order of equal scores, so it gets the ranks as scores.
    run = Run({q: {p: float(-i) for i, (p, _) in enumerate(rows)} for q, rows in case["rows"].items()})
    values = evaluate(qrels, run, list(ours), make_comparable=True)
    burges = evaluate(qrels, run, f"ndcg_burges@{k}", make_comparable=True)
    assert abs(burges - values[f"ndcg@{k}"]) < TOLERANCE, "of gains 0 and 1 the two are one"
    yield {"self": "by truth"}, {ours[m]: float(v) for m, v in values.items()}


def padded(case, query, right):
    """The results of a query as (right or not, rank from 0, score): behind them wrong ones down to every rank that
    counts, and last the right photos that were not found, since torchmetrics and scikit-learn count only what they get.
    """
    rows = case["rows"].get(query, [])
    found = {p for p, _ in rows}
    right_of = [p in right for p, _ in rows]
    right_of += [False] * (max(case["k"], len(right)) - len(right_of))
    right_of += [True] * len(right - found)
    scores = [s for _, s in rows]
    return right_of, [scores[i] if i < len(scores) else 0.1 / (i + 1) for i in range(len(right_of))]


def torchmetrics(case):
    import torch
    from torchmetrics import retrieval as r

    k = case["k"]

    def compute(metric, lists):
        """lists: for each query whether each result is right, and its score; by rank where there are none."""
        for i, (right, scores) in enumerate(lists):
            if scores is None:  # equal scores have no promised order; scores of 0 or less would be no results
                scores = [1 / (rank + 1) for rank in range(len(right))]
            metric.update(torch.tensor(scores), torch.tensor(right), torch.full((len(right),), i))
        return float(metric.compute())

    def values(action, right_of, queries):
        lists = [padded(case, q, right_of(q)) for q in queries]
        ranked = [(right, None) for right, _ in lists]
        return {
            f"mar_at_{k}": compute(r.RetrievalRecall(top_k=k, empty_target_action=action), ranked),
            f"any_hit_at_{k}": compute(r.RetrievalHitRate(top_k=k, empty_target_action=action), ranked),
            "any_hit_at_1": compute(r.RetrievalHitRate(top_k=1, empty_target_action=action), ranked),
            f"map_at_{k}_by_hits": compute(r.RetrievalMAP(top_k=k, empty_target_action=action), ranked),
            "r_precision": compute(r.RetrievalRPrecision(empty_target_action=action), ranked),
            f"precision_at_{k}": compute(r.RetrievalPrecision(top_k=k, empty_target_action=action), ranked),
            f"mrr_at_{k}": compute(r.RetrievalMRR(top_k=k, empty_target_action=action), ranked),
            f"ndcg_at_{k}_tied": compute(r.RetrievalNormalizedDCG(top_k=k, empty_target_action=action), lists),
        }

    literal = lambda q: set(case["truth"].get(q, []))
    everyone = sorted(set(case["rows"]) | set(case["truth"]))
    for action, ours in [("skip", "left out"), ("neg", "zero"), ("pos", "one")]:
        yield {"no_truth": ours, "self": "by truth"}, values(action, literal, everyone)
    if case["kind"] == "one set":  # the same label is right, the photo itself too
        yield {"self": "right"}, values("skip", lambda q: literal(q) | {q}, everyone)
    # What depends on the length of the list gets the list alone, which must not be empty.
    alone = [([p in literal(q) for p, _ in case["rows"][q]], None) for q in case["rows"] if literal(q)]
    yield {"no_results": "left out", "self": "by truth"}, {
        f"precision_at_{k}_found": compute(r.RetrievalPrecision(top_k=k, adaptive_k=True), alone),
        "mrr": compute(r.RetrievalMRR(), alone),
    }


def sklearn(case):
    import numpy as np
    from sklearn import metrics

    k = case["k"]
    literal = lambda q: set(case["truth"].get(q, []))

    def mean(queries, score):
        return float(np.mean([score(np.array([right], float), np.array([scores]))
                              for right, scores in (padded(case, q, literal(q)) for q in queries)]))

    def by_rank(right, scores):
        return metrics.ndcg_score(right, -np.arange(right.size)[None], k=k, ignore_ties=True)

    # One label alone is no ranking to it.
    everyone = [q for q in sorted(set(case["rows"]) | set(case["truth"])) if len(padded(case, q, literal(q))[0]) > 1]
    if len(everyone) == len(set(case["rows"]) | set(case["truth"])):
        yield {"no_truth": "zero", "self": "by truth"}, {
            f"ndcg_at_{k}": mean(everyone, by_rank),
            f"ndcg_at_{k}_tied": mean(everyone, lambda right, scores: metrics.ndcg_score(right, scores, k=k)),
        }
    if case["kind"] != "whole":  # a right photo without a score has no place in what follows
        return
    table = [(np.array([p in literal(q) for p, _ in rows]), np.array([s for _, s in rows]))
             for q, rows in case["rows"].items()]
    over = lambda score: float(np.mean([score(right, scores) for right, scores in table]))
    average = lambda right, scores: metrics.average_precision_score(right, scores)
    yield {"no_truth": "zero"}, {
        "map_tied": over(average),
        "ndcg": over(lambda right, scores: metrics.ndcg_score(
            [right], -np.arange(right.size)[None], ignore_ties=True)),
    }
    lrap = over(lambda right, scores: metrics.label_ranking_average_precision_score([right], [scores]))
    yield {"no_truth": "one"}, {"map_tied": lrap}


def pytorch_metric_learning(case):
    import torch
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    if any(q in right for q, right in case["truth"].items()):
        return  # it knows labels and no truth of pairs
    k, one_set = case["k"], case["kind"] == "one set"
    queries = [q for q in case["labels"] if case["rows"].get(q)]
    # With one set its reference starts with the queries. The last one stands for what was not found.
    others = [p for p in case["index"] if not (one_set and p in queries)]
    reference = (queries if one_set else []) + others + [None]
    place = {p: i for i, p in enumerate(reference)}
    label = lambda p: -1 if p is None else case["index"][p]

    def ranked(query, k, reference, own):
        lists = [[place[p] for p, _ in case["rows"][q] if not (own and p == q)] for q in queries]
        return None, torch.tensor([(found + [len(reference) - 1] * k)[:k] for found in lists])

    def accuracy(k, *names):
        vectors = torch.arange(len(reference)).float()[:, None]
        here = vectors[:len(queries)] if one_set else torch.zeros(len(queries), 1)
        return AccuracyCalculator(include=names, k=k, knn_func=ranked, device=torch.device("cpu")).get_accuracy(
            here, torch.tensor([case["labels"][q] for q in queries]), vectors,
            torch.tensor([label(p) for p in reference]), ref_includes_query=one_set)

    if not any(case["truth"].get(q) for q in queries):
        return
    whole = accuracy(None, "precision_at_1", "r_precision", "mean_average_precision_at_r", "mean_reciprocal_rank")
    yield {"queries": "with results"}, {
        "any_hit_at_1": whole["precision_at_1"], "r_precision": whole["r_precision"],
        "map_at_r": whole["mean_average_precision_at_r"], "mrr": whole["mean_reciprocal_rank"],
        f"map_at_{k}_by_r": accuracy(k, "mean_average_precision")["mean_average_precision"],
    }


def edges_trec_eval():
    import pytrec_eval

    evaluator = pytrec_eval.RelevanceEvaluator({"q": {"b": 1}}, {"recip_rank"})
    of = lambda run: evaluator.evaluate({"q": run})["q"]["recip_rank"]
    assert of({"b": 0.5, "c": 0.5 - 1e-9}) == 0.5, "scores are float32: these are equal"
    assert of({"b": 1.0, "c": 2.0}) == 0.5, "scores alone order"


def edges_ranx():
    from ranx import Run

    run = Run({"q": {f"d{i:02}": 1.0 for i in range(40)}})
    run.sort()
    assert list(run.run["q"]) != [f"d{i:02}" for i in range(40)], "equal scores lose their order"


def edges_torchmetrics():
    import torch
    from torchmetrics import retrieval as r

    def of(metric, scores, right):
        metric.update(torch.tensor(scores), torch.tensor(right), torch.zeros(len(scores), dtype=torch.long))
        return float(metric.compute())

    below = [0.5, -0.1, -0.2], [False, True, True]
    for metric in r.RetrievalRecall(), r.RetrievalPrecision(), r.RetrievalMAP(), r.RetrievalMRR():
        assert of(metric, *below) == 0, "right results with scores of 0 or less are not counted"
    assert of(r.RetrievalHitRate(), *below) == 1 and of(r.RetrievalRPrecision(), *below) == 0.5
    assert of(r.RetrievalRecall(top_k=2), [0.5, 0.4], [True, False]) == 1, "what it does not get is not missed"
    twice = of(r.RetrievalPrecision(top_k=2), [0.5, 0.4, 0.3], [True, True, False])  # one photo at two ranks
    assert twice == 1, "a result that is listed twice counts twice"


def edges_sklearn():
    from sklearn import metrics

    try:
        metrics.ndcg_score([[1]], [[1]])
        raise AssertionError("a list of one result is refused")
    except ValueError:
        pass
    none = [0, 0], [0.2, 0.1]
    assert metrics.label_ranking_average_precision_score([none[0]], [none[1]]) == 1
    assert metrics.average_precision_score(*none) == metrics.ndcg_score([none[0]], [none[1]]) == 0


def edges_pytorch_metric_learning():
    import torch
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    def of(name, k, found, queries, reference, **how):
        found = torch.tensor(found)
        return AccuracyCalculator(include=(name,), k=k, knn_func=lambda q, k, ref, own: (None, found[:, :k]),
                                  device=torch.device("cpu"), **how).get_accuracy(
            torch.zeros(len(queries), 1), torch.tensor(queries), torch.zeros(len(reference), 1),
            torch.tensor(reference))[name]

    assert of("r_precision", 2, [[0, 1, 2, 3]], [0], [0, 0, 0, 0]) == 1, "k < R: of min(R, k)"
    assert of("mean_average_precision_at_r", 2, [[0, 1, 2, 3]], [0], [0, 0, 0, 0]) == 0.5, "k < R: of R all the same"
    assert of("precision_at_1", 1, [[0], [0], [0]], [0, 0, 1], [0, 1], avg_of_avgs=True) == 0.5, "mean of products"


# What docs/metrics.md says of cases where a library's value is none of the passport's.
EDGES = {"scikit-learn": edges_sklearn, "torchmetrics": edges_torchmetrics, "ranx": edges_ranx,
         "trec_eval": edges_trec_eval, "pytorch-metric-learning": edges_pytorch_metric_learning}


def sign_flips():
    """Paired differences and SciPy's exact p values of turning their signs."""
    import numpy as np
    from scipy import stats

    rng = random.Random(27)
    for n in (1, 2, 3, 5, 8, 10, 12):
        d = [rng.choice([-2, -1, 0, 0.25, 0.5, 1, 2, 3]) / 4 for _ in range(n)]
        p = 1.0 if n == 1 else stats.permutation_test(  # it refuses one difference, whose two signs are alike
            (np.array(d),), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
        yield {"differences": d, "p": float(p)}


LIBRARIES = {"scikit-learn": sklearn, "torchmetrics": torchmetrics, "ranx": ranx, "trec_eval": trec_eval,
             "pytorch-metric-learning": pytorch_metric_learning}


def installed():
    versions = {}
    for library, package in PACKAGES.items():
        try:
            versions[library] = f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            pass
    return versions


def make(libraries):
    rng = random.Random(26)
    for i in range(CASES):
        case = make_case(rng, ["two sets", "whole", "one set"][i % 3])
        case["values"] = []
        for library in libraries:
            for conventions, values in LIBRARIES[library](case):
                values = {name: round(float(v), 9) for name, v in values.items()}
                case["values"].append({"library": library, "conventions": conventions, "values": values})
        yield case


def check(path, libraries):
    """Compares a file with the libraries that are here; returns how many values were compared."""
    kept = json.load(open(path, encoding="utf-8"))
    compared, worst = 0, 0.0
    for case, again in zip(kept["cases"], make(libraries), strict=True):
        if case["rows"] != again["rows"] or case["truth"] != again["truth"]:
            sys.exit(f"{path} has other rankings than are made now: make it again with --out")
        known = [v for v in case["values"] if v["library"] in libraries]
        for old, new in zip(known, again["values"], strict=True):
            if old["values"].keys() != new["values"].keys() or old["conventions"] != new["conventions"]:
                sys.exit(f"{path} has other metrics of {old['library']} than are made now: make it again with --out")
            for name, value in old["values"].items():
                worst = max(worst, abs(value - new["values"][name]))
                compared += 1
                if not abs(value - new["values"][name]) <= TOLERANCE:
                    sys.exit(f"{old['library']}: {name} is {new['values'][name]} now and {value} in {path}, where "
                             f"{kept['made_with'][old['library']]} made it")
    if "scikit-learn" in libraries:  # which brings SciPy
        for old, new in zip(kept["sign_flips"], sign_flips(), strict=True):
            if old["differences"] != new["differences"] or abs(old["p"] - new["p"]) > TOLERANCE:
                sys.exit(f"SciPy's p of {new['differences']} is {new['p']} now and {old['p']} in {path}")
            compared += 1
    return compared, worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out")
    parser.add_argument("--check")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    versions = installed()
    for library in versions:
        EDGES[library]()
    if args.check:
        if not versions:
            sys.exit("none of the libraries is installed: pip install -r docs/ci/requirements-passport.txt")
        compared, worst = check(args.check, [library for library in LIBRARIES if library in versions])
        for library in PACKAGES:
            print(f"{library}: {versions.get(library, 'not installed, not compared')}")
        print(f"{compared} values are as in {args.check}, within {worst:.1e}")
    if args.out:
        if len(versions) < len(PACKAGES):
            sys.exit("not installed: " + ", ".join(sorted(set(PACKAGES) - set(versions))))
        cases = list(make(list(LIBRARIES)))
        for case in cases:
            del case["index"], case["labels"]
        with open(args.out, "w", encoding="utf-8") as f:
            f.write('{"made_with": ' + json.dumps(versions) + ',\n"sign_flips": ' + json.dumps(list(sign_flips())))
            f.write(',\n"cases": [\n')
            f.write(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]}\n")


main()
