namespace Sparrow.Server.Admission;

/// <summary>A queue at one moment.</summary>
/// <param name="RunningRequests">Requests in the engine.</param>
/// <param name="RunningSequences">Their choices.</param>
/// <param name="WaitingRequests">Places taken before the engine.</param>
/// <param name="WaitingPromptTokens">Prompt tokens of those places, by bound or exact.</param>
/// <param name="OldestWait">How long the oldest place has waited.</param>
internal readonly record struct QueueSnapshot(
    int RunningRequests, int RunningSequences, int WaitingRequests, long WaitingPromptTokens, TimeSpan OldestWait);
