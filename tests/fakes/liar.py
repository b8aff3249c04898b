"""liar: not what its name says."""

from pathlib import Path

from bench import Model, Place, Proof, ProofFailed, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Liar(TableModel):
        def proof(self) -> Proof:
            raise ProofFailed("expected 4 int2 linears, found none")

    return Liar(folder, place)


liar = Variant(
    name="liar",
    summary="its proof fails",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
