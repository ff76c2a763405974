"""Calibration: right posteriors pass, overconfident ones fail, ranks are uniform where they must be."""

import pytest
import torch
from inversion_toys import Average, observe, smooth_prior

from seisgrad.errors import InputError
from seisgrad.inversion import (
    Correlated,
    Coverage,
    Status,
    chance_band,
    coverage,
    gauss_newton,
    inside_samples,
    nonlinearity,
    randomised_maximum_likelihood,
    ranks,
    uniformity,
)

LINEAR, BENT = Average(), Average(harmonic=True)


class TestCoverage:
    def test_a_linear_problem_is_calibrated_at_every_depth(self) -> None:
        found = coverage(LINEAR, 0.05, smooth_prior(), 2000, seed=1)
        assert found.left_out <= 6  # of 2000, with a significance of a thousandth
        assert found.calibrated().all()
        assert torch.allclose(found.scale, torch.ones(12).double(), atol=0.05)

    def test_correlated_noise_is_calibrated_and_ignoring_it_is_not(self) -> None:
        apart = torch.arange(9.0)
        covariance = 0.05**2 * torch.exp(-(apart[:, None] - apart).abs() / 3.0).double()
        right = coverage(LINEAR, Correlated(covariance), smooth_prior(), 1000, seed=2)
        assert right.calibrated().all()

        def ignoring(op, data, noise, prior):
            return gauss_newton(op, data, 0.05, prior)

        wrong = coverage(LINEAR, Correlated(covariance), smooth_prior(), 1000, seed=2, invert=ignoring)
        assert not wrong.calibrated().all()

    def test_a_sigma_that_is_too_small_needs_the_scale_that_it_lacks(self) -> None:
        def proud(op, data, noise, prior):
            return gauss_newton(op, data, 0.5 * noise, prior, significance=1e-300)

        found = coverage(LINEAR, 0.05, smooth_prior(), 1000, seed=3, invert=proud)
        assert not found.calibrated()[:, 0].any()
        assert float(found.scale[0]) > 1.2

    def test_data_of_another_operator_show_in_the_scale(self) -> None:
        found = coverage(LINEAR, 0.01, smooth_prior(), 300, seed=4, forward=BENT)
        assert float(found.scale.max()) > 1.2

    def test_the_band_is_where_chance_alone_keeps_every_parameter(self) -> None:
        (low, high), trials = chance_band((0.68,), 300, 10)[0], 4000
        generator = torch.Generator().manual_seed(6)
        hits = (torch.rand(trials, 10, 300, generator=generator) < 0.68).double().mean(-1)
        kept = ((hits >= low) & (hits <= high)).all(-1).double().mean()
        assert 0.985 <= float(kept) <= 1.0  # the binomial is discrete, and Bonferroni a bound
        assert not ((hits > low + 0.01) & (hits < high - 0.01)).all(-1).double().mean() >= 0.985

    def test_sites_counted_in_pieces_are_those_counted_at_once(self) -> None:
        truth, data = observe(BENT, smooth_prior(), 0.05, 40, seed=7)
        posterior = gauss_newton(BENT, data, 0.05, smooth_prior())
        whole = Coverage.of(truth, posterior)
        assert whole.number + whole.left_out == 40
        parts = [
            Coverage.of(truth[piece], gauss_newton(BENT, data[piece], 0.05, smooth_prior()))
            for piece in (slice(0, 15), slice(15, 40))
        ]
        score, error, status = (
            torch.cat([getattr(part, name) for part in parts]) for name in ("score", "error", "status")
        )
        joined = Coverage(whole.domain, whole.levels, score, error, status)
        assert torch.allclose(joined.score, whole.score, atol=1e-6)
        assert torch.equal(joined.inside, whole.inside)

    def test_what_makes_no_sense_is_refused(self) -> None:
        with pytest.raises(InputError, match="expected at least 2 and probabilities"):
            coverage(LINEAR, 0.05, smooth_prior(), 1, seed=1)
        with pytest.raises(InputError, match="probabilities"):
            coverage(LINEAR, 0.05, smooth_prior(), 10, seed=1, levels=(1.5,))


class TestRanks:
    def test_samples_of_the_right_posterior_rank_the_truth_evenly(self) -> None:
        prior = smooth_prior()
        truth, data = observe(LINEAR, prior, 0.05, 400, seed=5)
        posterior = gauss_newton(LINEAR, data, 0.05, prior)
        rank = ranks(truth, posterior.sample(99, seed=6))
        assert int(rank.max()) <= 99
        assert float(uniformity(rank, 99).min()) > 0.01 / 12

    def test_samples_that_are_too_narrow_do_not(self) -> None:
        prior = smooth_prior()
        truth, data = observe(LINEAR, prior, 0.05, 400, seed=5)
        posterior = gauss_newton(LINEAR, data, 0.05, prior)
        narrow = posterior.mean + 0.5 * (posterior.sample(99, seed=6) - posterior.mean)
        assert float(uniformity(ranks(truth, narrow), 99).max()) < 1e-6

    def test_intervals_of_samples_claim_just_their_probability(self) -> None:
        every = torch.arange(200)[:, None].expand(-1, 3)  # as often each rank as the other
        assert torch.allclose(inside_samples(every, 199)[:, 0], torch.tensor([0.68, 0.95]).double())
        assert not inside_samples(torch.tensor([4, 195]), 199).any()
        assert inside_samples(torch.tensor([5, 194]), 199)[1] == 1.0
        with pytest.raises(InputError, match="make no central interval"):
            inside_samples(every, 99)

    def test_bins_have_to_share_the_ranks(self) -> None:
        rank = torch.zeros(400, 3, dtype=torch.int64)
        with pytest.raises(InputError, match="expected a number such as 99"):
            uniformity(rank, 100)
        with pytest.raises(InputError, match="too few for 20 bins"):
            uniformity(rank[:20], 99)
        with pytest.raises(InputError, match="samples have shape"):
            ranks(rank.double(), torch.zeros(5, 2, 2).double())


class TestRandomised:
    def test_in_a_linear_problem_the_members_are_samples_of_the_posterior(self) -> None:
        prior = smooth_prior()
        _, data = observe(LINEAR, prior, 0.05, 1, seed=7)
        posterior = gauss_newton(LINEAR, data[0], 0.05, prior)
        ensemble = randomised_maximum_likelihood(LINEAR, data[0], 0.05, prior, 4000, seed=8)
        assert (ensemble.status == Status.CONVERGED).all()  # those of a large misfit are samples too
        members = ensemble.mean
        # errors of a mean and of a standard deviation over 4000 draws
        assert ((members.mean(0) - posterior.mean) / posterior.sigma).abs().max() < 4.0 / 4000**0.5
        assert (members.std(0) / posterior.sigma - 1.0).abs().max() < 4.0 / 8000**0.5

    def test_members_stay_inside_the_bounds(self) -> None:
        prior = smooth_prior()
        _, data = observe(LINEAR, prior, 0.05, 1, seed=7)
        bounds = (2.6, 3.4)
        members = randomised_maximum_likelihood(LINEAR, data[0], 0.05, prior, 50, seed=8, bounds=bounds).mean
        assert float(members.min()) >= 2.6 - 1e-6
        assert float(members.max()) <= 3.4 + 1e-6

    def test_several_sites_are_refused(self) -> None:
        with pytest.raises(InputError, match="those of one site"):
            randomised_maximum_likelihood(LINEAR, torch.zeros(2, 9), 0.05, smooth_prior(), 5, seed=1)


class TestNonlinearity:
    def test_it_is_nothing_where_the_operator_is_linear(self) -> None:
        _, data = observe(LINEAR, smooth_prior(), 0.05, 3, seed=9)
        posterior = gauss_newton(LINEAR, data, 0.05, smooth_prior())
        assert float(nonlinearity(LINEAR, posterior, 0.05).max()) < 1e-9

    def test_it_grows_with_the_width_of_the_posterior_squared(self) -> None:
        measured = []
        for sigma in (0.02, 0.01):
            prior = smooth_prior(sigma=0.2 * sigma)
            _, data = observe(BENT, prior, sigma, 5, seed=9)
            measured.append(nonlinearity(BENT, gauss_newton(BENT, data, sigma, prior), 1.0).mean())
        assert float(measured[0] / measured[1]) == pytest.approx(4.0, rel=0.05)

    def test_a_model_that_the_operator_refuses_is_infinitely_far(self) -> None:
        _, data = observe(BENT, smooth_prior(), 0.05, 6, seed=9)
        posterior = gauss_newton(BENT, data, 0.05, smooth_prior())
        fastest = float(posterior.mean.max())

        class Refusing(Average):
            def apply(self, x):
                if (x > fastest + 1e-6).any():
                    raise InputError("too fast")
                return super().apply(x)

        found = nonlinearity(Refusing(harmonic=True), posterior, 0.05)
        plain = nonlinearity(BENT, posterior, 0.05)
        at = posterior.mean.flatten().argmax()
        assert found.flatten()[at].isinf()
        assert found.isfinite().any()
        assert torch.allclose(found[found.isfinite()], plain[found.isfinite()])
