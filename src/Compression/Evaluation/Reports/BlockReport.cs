namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>How far one block of a model is from the reference's; Frobenius norms over the tokens of a text.</summary>
/// <param name="Block">Which one.</param>
/// <param name="OutputError">‖y − y'‖ / ‖y‖, both given the reference's input.</param>
/// <param name="UpdateError">The same of what the block adds to the residual stream: ‖y − y'‖ / ‖y − x‖.</param>
/// <param name="StreamError">‖y − z‖ / ‖y‖ with z the model's own stream behind the block, which has strayed in all blocks before.</param>
public sealed record BlockReport(int Block, double OutputError, double UpdateError, double StreamError);
