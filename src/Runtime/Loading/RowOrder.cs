namespace Sparrow.Runtime.Loading;

/// <summary>
/// The order in which a file stores the rows of q and k. Hugging Face keeps the two rotary halves of a head apart; GGUF's llama interleaves
/// them, so that the pair (i, i + n/2) stands side by side. Undone here, once, the rest of the program knows one order only.
/// </summary>
/// <param name="HeadSize">Rows of a head; 0: rows are stored as they are.</param>
/// <param name="PartCount">Of a fused matrix that goes head by head: how many heads (query, key, value) stand together; 0 elsewhere.</param>
/// <param name="Part">Which of them this is.</param>
internal readonly record struct RowOrder(int HeadSize, int PartCount = 0, int Part = 0)
{
    /// <summary>The stored row that holds a Hugging Face row.</summary>
    public int StoredRow(int row)
    {
        if (HeadSize == 0)
        {
            return row;
        }

        (int head, int inHead) = Math.DivRem(row, HeadSize);
        if (PartCount > 0)
        {
            return (((head * PartCount) + Part) * HeadSize) + inHead;
        }

        (int half, int pair) = Math.DivRem(inHead, HeadSize / 2);
        return (head * HeadSize) + (2 * pair) + half;
    }

    /// <summary>The Hugging Face row that a stored row holds.</summary>
    public int CanonicalRow(int storedRow)
    {
        if (HeadSize == 0)
        {
            return storedRow;
        }

        (int head, int inHead) = Math.DivRem(storedRow, HeadSize);
        (int pair, int half) = Math.DivRem(inHead, 2);
        return (head * HeadSize) + (half * (HeadSize / 2)) + pair;
    }
}
