namespace Sparrow.Server.Admission;

/// <summary>
/// P-1: a waiting request came to its turn on a revision that reads prompts otherwise than the one it was prepared for. Its place is kept: it has to
/// be prepared and submitted again.
/// </summary>
internal sealed class RevisionChangedException() : Exception("The model's revision has changed while the request waited.");
