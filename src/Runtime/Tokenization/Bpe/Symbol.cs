namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>A stretch of the word being merged: <paramref name="Length"/> bytes from <paramref name="Start"/>; id −1 where the stretch is no piece.</summary>
internal record struct Symbol(int Start, int Length, int Id)
{
    /// <summary>Neighbours in the queue's linked list; −1 at the ends.</summary>
    public int Previous { get; set; }

    public int Next { get; set; }
}
