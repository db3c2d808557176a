namespace Sparrow.Server.Hosting;

/// <summary>G-11: what a request's <c>model</c> stands for.</summary>
/// <param name="Entry">The model.</param>
/// <param name="Revision">The revision that it names; null: whichever is active.</param>
/// <param name="Adapter">The adapter that it names, without the base's name; null: none.</param>
internal readonly record struct ModelChoice(PoolEntry Entry, string? Revision, string? Adapter)
{
    /// <summary>What a model is called with an adapter.</summary>
    public static string NameOf(string model, string? adapter) => adapter is null ? model : $"{model}:{adapter}";
}
