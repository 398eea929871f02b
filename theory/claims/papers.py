"""The papers whose claims the ledger holds, in the order in which they are reported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """Bibliographic facts of one paper; ``id`` is the first part of the ids of its claims."""

    id: str
    kind: str
    authors: str
    title: str
    venue: str
    year: int
    extra: tuple[tuple[str, str], ...] = ()

    def bibtex(self) -> str:
        """The BibTeX entry, keyed by ``id``."""
        where = "journal" if self.kind == "article" else "booktitle"
        fields = [("author", self.authors), ("title", "{" + self.title + "}"), (where, self.venue)]
        fields += [("year", str(self.year)), *self.extra]
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields)
        return f"@{self.kind}{{{self.id},\n{body}\n}}"


PAPERS: tuple[Paper, ...] = (
    Paper(
        "antipgd",
        "inproceedings",
        "Orvieto, Antonio and Kersting, Hans and Proske, Frank and Bach, Francis and Lucchi, Aurelien",
        "Anticorrelated Noise Injection for Improved Generalization",
        "Proceedings of the 39th International Conference on Machine Learning",
        2022,
        (("series", "Proceedings of Machine Learning Research"), ("volume", "162")),
    ),
    Paper(
        "anisotropic",
        "inproceedings",
        "Zhu, Zhanxing and Wu, Jingfeng and Yu, Bing and Wu, Lei and Ma, Jinwen",
        "The Anisotropic Noise in Stochastic Gradient Descent: Its Behavior of Escaping from Sharp Minima "
        "and Regularization Effects",
        "Proceedings of the 36th International Conference on Machine Learning",
        2019,
        (("series", "Proceedings of Machine Learning Research"), ("volume", "97")),
    ),
    Paper(
        "nso",
        "article",
        "Zhang, Hongyang R. and Li, Dongyue and Ju, Haotian",
        "Noise Stability Optimization for Finding Flat Minima: A Hessian-based Regularization Approach",
        "Transactions on Machine Learning Research",
        2024,
    ),
    Paper(
        "labelnoise",
        "inproceedings",
        "Damian, Alex and Ma, Tengyu and Lee, Jason D.",
        "Label Noise {SGD} Provably Prefers Flat Global Minimizers",
        "Advances in Neural Information Processing Systems",
        2021,
        (("volume", "34"),),
    ),
)
