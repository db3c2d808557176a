using System.Text;

namespace Sparrow.Runtime.Loading;

/// <summary>A checkpoint, tokenizer or template that cannot be used: where the fault is, what was expected and what was found.</summary>
public sealed class CheckpointException : Exception
{
    public CheckpointException(
        string file, string reason, string? tensor = null, string? field = null, string? expected = null, string? found = null, Exception? inner = null)
        : base(Describe(file, reason, tensor, field, expected, found), inner)
    {
        File = file;
        Reason = reason;
        Tensor = tensor;
        Field = field;
        Expected = expected;
        Found = found;
    }

    /// <summary>The file or folder at fault.</summary>
    public string File { get; }

    /// <summary>One plain sentence.</summary>
    public string Reason { get; }

    public string? Tensor { get; }

    public string? Field { get; }

    public string? Expected { get; }

    public string? Found { get; }

    private static string Describe(string file, string reason, string? tensor, string? field, string? expected, string? found)
    {
        StringBuilder text = new();
        text.Append(file).Append(": ");
        if (tensor is not null)
        {
            text.Append("tensor '").Append(tensor).Append("': ");
        }

        if (field is not null)
        {
            text.Append("field '").Append(field).Append("': ");
        }

        text.Append(reason.TrimEnd('.'));
        if (expected is not null)
        {
            text.Append("; expected ").Append(expected);
        }

        if (found is not null)
        {
            text.Append("; found ").Append(found);
        }

        return text.Append('.').ToString();
    }
}
