namespace Sparrow.Compression.Evaluation.Comparison;

/// <summary>
/// How much worse a model's perplexity is than the reference's. Both score the same tokens, so the error is that of the tokens' differences, far
/// smaller than what the two perplexities' own errors suggest.
/// </summary>
/// <param name="Value">The model's less the reference's.</param>
/// <param name="StandardError">Of <paramref name="Value"/>, to first order, tokens taken as independent.</param>
/// <param name="Ratio">The model's over the reference's.</param>
/// <param name="RatioStandardError">Of <paramref name="Ratio"/>.</param>
public sealed record PerplexityDifference(double Value, double StandardError, double Ratio, double RatioStandardError)
{
    /// <param name="model">Negative log-likelihood of each token.</param>
    /// <param name="reference">The same by the reference.</param>
    internal static PerplexityDifference Of(IReadOnlyList<double> model, IReadOnlyList<double> reference)
    {
        double own = Math.Exp(model.Average());
        double other = Math.Exp(reference.Average());
        double ratio = Math.Exp(model.Zip(reference, (a, b) => a - b).Average());
        double ratioError = ratio * SampleStatistics.StandardError([.. model.Zip(reference, (a, b) => a - b)]);

        // d(own − other) = own·d(mean of model) − other·d(mean of reference), token by token.
        double error = SampleStatistics.StandardError([.. model.Zip(reference, (a, b) => (own * a) - (other * b))]);
        return new PerplexityDifference(own - other, error, ratio, ratioError);
    }
}
