using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>The models this server has, by name.</summary>
internal sealed class ModelPool
{
    public IReadOnlyList<ServedModel> Models { get; private set; } = [];

    /// <summary>The model a request names; the only one where it names none.</summary>
    /// <param name="name">A name, <c>name@rev_…</c>, or null.</param>
    /// <exception cref="ApiException">404 <c>model_not_found</c>; 400 where no name was given and several models are served; 503 while loading.</exception>
    public ServedModel Resolve(string? name)
    {
        foreach (ServedModel model in Models)
        {
            if (name is null || model.Name == name)
            {
                return model;
            }
        }

        throw ApiException.ModelNotFound(name ?? "");
    }

    public void Add(ServedModel model) => Models = [.. Models, model];
}
