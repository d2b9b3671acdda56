"""Search of settings by trials, inside the training part only."""

from collections.abc import Callable

from aimodels.compute.learners import Boosting


def search(judge: Callable[[Boosting], float], *, trials: int, seed: int) -> Boosting:
    """Settings of boosted trees with the highest score of so many tried, by a tree-structured Parzen estimator.

    Args:
        judge: score of settings, finite, such as the skill out of fold; it may end the search by an exception.
        trials: at least 1.
        seed: the same gives the same search.
    Raises:
        ValueError: no trials.
    Source: Bergstra et al. (2011), Algorithms for hyper-parameter optimization; Akiba et al. (2019), Optuna.
    """
    import optuna  # takes a second

    if trials < 1:
        raise ValueError("at least one trial is needed")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    best: tuple[float, Boosting] | None = None
    for _ in range(trials):
        trial = study.ask()
        settings = Boosting(
            rounds=trial.suggest_int("rounds", 50, 400, step=50),
            learning_rate=trial.suggest_float("learning_rate", 0.01, 0.1, log=True),
            leaves=trial.suggest_int("leaves", 4, 32, log=True),
            least_in_leaf=trial.suggest_int("least_in_leaf", 50, 1000, log=True),
            penalty=trial.suggest_float("penalty", 0.1, 100.0, log=True),
        )
        score = judge(settings)
        study.tell(trial, score)
        if best is None or score > best[0]:
            best = score, settings
    if best is None:
        raise ValueError("no trial gave a score")
    return best[1]
