"""Principal components: the line, the plane, the sign, and what spans fewer directions."""

import pytest
import torch

from bert_core.components import principal_components


def test_points_on_a_line_have_one_component() -> None:
    # along (3, 4)/5 around (7, 7): one component has everything, coordinates are the distances
    steps = torch.tensor([-2.0, -1.0, 0.0, 3.0])
    found = principal_components(steps[:, None] * torch.tensor([[0.6, 0.8]]) + 7, 2)
    torch.testing.assert_close(found.coordinates[:, 0], steps, atol=1e-5, rtol=0)
    assert found.share.tolist() == pytest.approx([1.0, 0.0], abs=1e-9)


def test_shares_by_hand() -> None:
    # centred already; squares add up to 2·9 along the first axis and 2·1 along the second
    cross = torch.tensor([[3.0, 0, 0], [-3.0, 0, 0], [0, 1.0, 0], [0, -1.0, 0]])
    assert principal_components(cross, 3).share.tolist() == pytest.approx([0.9, 0.1, 0.0])


def test_flat_points_keep_their_distances_and_their_sign() -> None:
    torch.manual_seed(3)
    flat = torch.randn(6, 2) @ torch.linalg.qr(torch.randn(9, 2))[0].T + torch.randn(9)
    found = principal_components(flat, 2)
    points = found.coordinates
    torch.testing.assert_close(torch.cdist(points, points), torch.cdist(flat, flat))
    assert found.share.sum().item() == pytest.approx(1.0)
    assert (points.gather(0, points.abs().argmax(dim=0)[None]) > 0).all()
    # the mirror image of the points gives the same picture
    torch.testing.assert_close(
        principal_components(-flat, 2).coordinates, points, check_stride=False
    )


def test_equal_points_are_one_point() -> None:
    found = principal_components(torch.randn(1, 20).repeat(4, 1), 2)
    assert (found.coordinates == 0).all()
    assert found.share.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("count", [2, 3])
def test_two_points_have_one_axis(count: int) -> None:
    found = principal_components(torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), count)
    first, second = found.coordinates
    assert (first - second).norm().item() == pytest.approx(2**0.5)
    assert found.share.tolist() == pytest.approx([1.0, *[0.0] * (count - 1)])


def test_no_component_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        principal_components(torch.ones(3, 2), 0)
