"""The loss that a model learns from: in chunks it is the loss of the logits as a whole, and so is its gradient."""

from typing import Any

import pytest

from governance.adapters.torch_lm.heads import CHUNK_BYTES, mean_nats

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed")

VOCABULARY, WIDTH, TOKENS = 4096, 8, 1100
"""More than two chunks, the last one short."""


@pytest.fixture(scope="module", params=[False, True], ids=["no bias", "bias"])
def asked(request: pytest.FixtureRequest) -> tuple[Any, Any, Any]:
    torch.manual_seed(3)
    assert TOKENS > 2 * CHUNK_BYTES / (4 * VOCABULARY)
    head = torch.nn.Linear(WIDTH, VOCABULARY, bias=request.param)
    return head, torch.randn(TOKENS, WIDTH), torch.randint(0, VOCABULARY, (TOKENS,))


def learnt(loss_of: Any, head: Any, states: Any, targets: Any) -> tuple[float, list[Any]]:
    """Loss and gradients, of a loss that weighs 0.7 in its batch."""
    states = states.clone().requires_grad_()
    head.zero_grad()
    loss = loss_of(head, states, targets)
    (loss * 0.7).backward()
    return float(loss.detach()), [states.grad, *(values.grad.clone() for values in head.parameters())]


def whole(head: Any, states: Any, targets: Any) -> Any:
    return torch.nn.functional.cross_entropy(head(states), targets)


def test_chunks_are_the_whole(asked: tuple[Any, Any, Any]) -> None:
    nats, gradients = learnt(mean_nats, *asked)
    expected, wanted = learnt(whole, *asked)
    assert nats == pytest.approx(expected, rel=1e-6)
    for found, right in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-8)


def test_a_head_that_is_no_layer_is_asked_as_it_is(asked: tuple[Any, Any, Any]) -> None:
    head, states, targets = asked
    twice = mean_nats(lambda rows: 2 * head(rows), states, targets)
    assert twice.item() == pytest.approx((torch.nn.functional.cross_entropy(2 * head(states), targets)).item(), rel=1e-6)


def test_the_whole_logits_are_never_made(asked: tuple[Any, Any, Any]) -> None:
    made: list[int] = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):  # type: ignore[misc]  # torch is untyped here
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            made.append(max((t.numel() for t in torch.utils._pytree.tree_leaves(out) if isinstance(t, torch.Tensor)), default=0))
            return out

    head, states, targets = asked
    with Watch():
        mean_nats(head, states.clone().requires_grad_(), targets)
    assert 0 < max(made) <= CHUNK_BYTES // 4
