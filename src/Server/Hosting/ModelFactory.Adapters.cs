using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Models.Adapters;

namespace Sparrow.Server.Hosting;

/// <summary>P-11: adapters beside a revision.</summary>
internal sealed partial class ModelFactory
{
    /// <summary>
    /// Loads a model's adapters and fits them to a revision of it. One that does not fit, as after a swap to weights of another shape, is left out with the
    /// reason: the revision serves without it.
    /// </summary>
    private static ServedAdapter[] Attach(LoadedModel model, IReadOnlyList<AdapterSource> sources, string fingerprint)
    {
        List<ModelAdapter> adapters = [];
        List<(string Name, ModelAdapter? Adapter, string? Failure)> loaded = [];
        foreach (AdapterSource source in sources)
        {
            try
            {
                ModelAdapter adapter = AdapterLoader.Load(source.Name, source.Path, model);
                adapters.Add(adapter);
                loaded.Add((source.Name, adapter, null));
            }
            catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException or OverflowException)
            {
                loaded.Add((source.Name, null, exception.Message));
            }
        }

        model.Attach(adapters);
        return
        [
            .. loaded.Select(one =>
            {
                string? failure = one.Failure ?? Probe(model, one.Name);
                return new ServedAdapter(
                    one.Name, failure is null ? one.Adapter : null, one.Adapter is null ? fingerprint : "fp_" + ShortHash($"{fingerprint}|{one.Adapter.Digest}"), failure);
            }),
        ];
    }

    private static string? Probe(LoadedModel model, string name)
    {
        try
        {
            WarmUp.Run(model, model.StepModel.FindAdapter(name));
            return null;
        }
        catch (CheckpointException exception)
        {
            return exception.Message;
        }
    }
}
