namespace Sparrow.Compression.Training.SampleText;

/// <summary>Draws from lists.</summary>
internal sealed class Picker(Random random)
{
    public T Of<T>(params IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>One that is not another.</summary>
    public T Other<T>(IReadOnlyList<T> items, T taken)
    {
        T item;
        do
        {
            item = Of(items);
        }
        while (EqualityComparer<T>.Default.Equals(item, taken));
        return item;
    }

    /// <summary>From 0 to below the end.</summary>
    public int Below(int end) => random.Next(end);
}
