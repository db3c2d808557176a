using System.Text.Json;
using Sparrow.Compression.Recipes;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hub;
using Sparrow.Server.Jobs;
using Sparrow.Server.Options;
using Sparrow.Server.Storage.Files;

namespace Sparrow.Server.Api.Jobs;

/// <summary>Reads and checks what callers ask of jobs: all that a request can get wrong without its files being opened.</summary>
internal sealed partial class JobRequests(FileStore files, JobSources sources)
{
    private const int MaxName = 256;
    private const int MaxSuffix = 64;
    private const int MaxSourceFiles = 1024;
    private const int MaxMetadata = 16;
    private const int MaxMetadataKey = 64;
    private const int MaxMetadataValue = 512;
    private static readonly string[] s_deployments = ["none", "load", "swap"];

    // Members of fine-tuning jobs that mean nothing here: clients send them without being asked.
    private static readonly string[] s_fineTuningOnly = ["hyperparameters", "integrations", "validation_file"];

    /// <exception cref="ApiException">400 with the member at fault, 404.</exception>
    public JobSpec Read(HttpContext context, JsonElement body, JobFlavor flavor, ApiSettings settings)
    {
        try
        {
            return ReadUnchecked(context, body, flavor, settings);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or JsonException)
        {
            // Recipes are read as a whole, and JSON can spell text that is no Unicode, in names too.
            throw new ApiException(400, "invalid_request_error", "invalid_json", $"The request body holds text that cannot be read: {error.Message}", inner: error);
        }
    }

    /// <summary>The body as text: names a call beside its key.</summary>
    /// <exception cref="ApiException">400: it is not UTF-8.</exception>
    public static string TextOf(JsonElement body)
    {
        try
        {
            return body.GetRawText();
        }
        catch (InvalidOperationException error)
        {
            throw new ApiException(400, "invalid_request_error", "invalid_json", "The request body holds text that is not UTF-8.", inner: error);
        }
    }

    private JobSpec ReadUnchecked(HttpContext context, JsonElement body, JobFlavor flavor, ApiSettings settings)
    {
        RequestObject request = new(body, "");
        string model = ModelName(RequestObject.Text(request.TakeRequired("model"), "model"));
        (IReadOnlyList<JobSourceFile> source, string? hub) = ReadSource(request);
        string? suffix = ReadSuffix(request);
        (JsonElement method, JsonElement recipe, int? recipeSeed) = ReadMethod(request);
        JobSpec spec = new()
        {
            Model = model,
            Source = source,
            Hub = hub,
            CalibrationFile = ReadCalibration(request),
            Method = method,
            Recipe = recipe,
            Evaluation = ReadEvaluation(request),
            Deploy = ReadDeploy(request),
            Suffix = suffix,
            Seed = (int?)request.TakeInteger("seed", 0, int.MaxValue) ?? recipeSeed ?? 0,
            Metadata = ReadMetadata(request),
        };
        spec = ReadResources(request, spec);
        if (flavor.IsFineTuning)
        {
            foreach (string name in s_fineTuningOnly)
            {
                request.TryTake(name, out _);
            }
        }

        IgnoredParameters.Report(context, request, settings);
        if (source.Count == 0 && hub is null)
        {
            sources.RequireModel(model);
        }

        return spec;
    }

    private static string ModelName(string name)
    {
        bool isName = name.Length is > 0 and <= MaxName && !name.Any(char.IsControl) && !name.StartsWith('/') && name.Trim() == name;
        return isName
            ? name
            : throw ApiException.Invalid("invalid_value", $"Invalid value for 'model': expected a name of 1 to {MaxName} characters.", "model");
    }

    private static string? ReadSuffix(RequestObject request)
    {
        string? suffix = request.TakeString("suffix", 1, MaxSuffix);
        return suffix is null || suffix.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.')
            ? suffix
            : throw ApiException.Invalid("invalid_value", "Invalid value for 'suffix': expected letters, digits, '-', '_' and '.'.", "suffix");
    }

    /// <summary>Takes the member <c>source</c>: stored files and their places in the checkpoint's folder, or a hub's model; neither where it is absent.</summary>
    public (IReadOnlyList<JobSourceFile> Files, string? Hub) ReadSource(RequestObject request)
    {
        if (!request.TryTake("source", out JsonElement element))
        {
            return ([], null);
        }

        RequestObject source = new(element, "source");
        string? hub = source.TryTake("hub", out JsonElement repository) ? ReadHub(source, repository) : null;
        if (hub is not null && source.Has("files"))
        {
            throw ApiException.Invalid("invalid_value", "'source' holds either 'files' or 'hub'.", "source");
        }

        IReadOnlyList<JobSourceFile> files = hub is null ? ReadFiles(source) : [];
        request.Ignore(source);
        return (files, hub);
    }

    private static string ReadHub(RequestObject source, JsonElement element)
    {
        RequestObject hub = new(element, "source.hub");
        string repository = RequestObject.Text(hub.TakeRequired("repository"), "source.hub.repository");
        string? revision = hub.TakeString("revision", 1);
        string? file = hub.TakeString("file", 1);
        source.Ignore(hub);
        try
        {
            return HubReference.Create(repository, revision, file).ToString();
        }
        catch (HubException error)
        {
            throw ApiException.Invalid("invalid_value", error.Message, "source.hub");
        }
    }

    private List<JobSourceFile> ReadFiles(RequestObject source)
    {
        JsonElement list = source.TakeRequired("files");
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaxSourceFiles)
        {
            throw RequestObject.WrongType("source.files", $"an array of 1 to {MaxSourceFiles} files", list);
        }

        List<JobSourceFile> found = [];
        HashSet<string> paths = new(StringComparer.OrdinalIgnoreCase);
        foreach ((int index, JsonElement item) in list.EnumerateArray().Index())
        {
            RequestObject file = new(item, $"source.files[{index}]");
            string idPath = file.PathOf("file_id");
            FileRecord record = Require(RequestObject.Text(file.TakeRequired("file_id"), idPath), idPath);
            string path = file.TakeString("path", 1) ?? record.Filename;
            if (!CheckpointParts.IsHarmless(path))
            {
                throw ApiException.Invalid(
                    "invalid_value", $"Invalid value for '{file.PathOf("path")}': expected a relative path with slashes that stays in its folder.", file.PathOf("path"));
            }

            if (!paths.Add(path))
            {
                throw ApiException.Invalid("invalid_value", $"Invalid value for '{file.PathOf("path")}': '{path}' is there twice.", file.PathOf("path"));
            }

            found.Add(new JobSourceFile(record.Id, path));
            source.Ignore(file);
        }

        return found;
    }

    private string? ReadCalibration(RequestObject request)
    {
        string? calibration = request.TakeString("calibration_file", 1);
        string? training = request.TakeString("training_file", 1);
        if (calibration is not null && training is not null && calibration != training)
        {
            throw ApiException.Invalid("invalid_value", "'calibration_file' and 'training_file' mean the same, but name different files.", "training_file");
        }

        string? file = calibration ?? training;
        return file is null ? null : Require(file, calibration is null ? "training_file" : "calibration_file").Id;
    }

    private JobEvaluation ReadEvaluation(RequestObject request)
    {
        if (!request.TryTake("evaluation", out JsonElement element))
        {
            return new JobEvaluation(true, null, null, null, null, IsAsked: false);
        }

        RequestObject evaluation = new(element, "evaluation");
        string? file = evaluation.TakeString("file", 1);
        bool perplexity = evaluation.TakeBoolean("perplexity") ?? true;
        double? limit = evaluation.TryTake("max_perplexity_increase", out JsonElement increase)
            ? RequestObject.Number(increase, "evaluation.max_perplexity_increase", -0.99, 1000)
            : null;
        JobEvaluation result = new(
            perplexity,
            limit,
            file is null ? null : Require(file, "evaluation.file").Id,
            (int?)evaluation.TakeInteger("window", 4, 131072),
            (int?)evaluation.TakeInteger("max_windows", 1, 100_000),
            IsAsked: perplexity);
        request.Ignore(evaluation);
        return perplexity || limit is null
            ? result
            : throw ApiException.Invalid(
                "invalid_value", "'evaluation.max_perplexity_increase' takes a measurement, which 'evaluation.perplexity' turns off.", "evaluation.max_perplexity_increase");
    }

    private static string ReadDeploy(RequestObject request)
    {
        if (!request.TryTake("deploy", out JsonElement element))
        {
            return "none";
        }

        RequestObject deploy = new(element, "deploy");
        string mode = deploy.TakeString("mode") ?? "none";
        request.Ignore(deploy);
        return s_deployments.Contains(mode)
            ? mode
            : throw ApiException.Invalid("invalid_value", $"Invalid value for 'deploy.mode': expected one of {string.Join(", ", s_deployments)}.", "deploy.mode");
    }

    private static Dictionary<string, string> ReadMetadata(RequestObject request)
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        if (!request.TryTake("metadata", out JsonElement element))
        {
            return metadata;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RequestObject.WrongType("metadata", "an object", element);
        }

        foreach (JsonProperty pair in element.EnumerateObject())
        {
            string value = RequestObject.Text(pair.Value, $"metadata.{RequestObject.Shorten(pair.Name)}");
            if (pair.Name.Length is 0 or > MaxMetadataKey || value.Length > MaxMetadataValue || metadata.Count == MaxMetadata)
            {
                throw ApiException.Invalid(
                    "invalid_value",
                    $"Invalid value for 'metadata': expected at most {MaxMetadata} pairs, keys of 1 to {MaxMetadataKey} and values of at most {MaxMetadataValue} characters.",
                    "metadata");
            }

            metadata[pair.Name] = value;
        }

        return metadata;
    }

    private static JobSpec ReadResources(RequestObject request, JobSpec spec)
    {
        if (!request.TryTake("resources", out JsonElement element))
        {
            return spec;
        }

        RequestObject resources = new(element, "resources");
        spec = spec with
        {
            MaxThreads = (int?)resources.TakeInteger("max_threads", 1, 4096),
            MaxMemoryBytes = resources.TakeInteger("max_memory_bytes", 1, long.MaxValue),
        };
        request.Ignore(resources);
        return spec;
    }

    private FileRecord Require(string id, string param) =>
        files.Find(id) ?? throw new ApiException(404, "invalid_request_error", "not_found", $"There is no file '{RequestObject.Shorten(id)}'.", param);

    private static ApiException Recipe(RecipeException error) =>
        ApiException.Invalid("invalid_value", error.Message, JobFailure.ParamOf(error.Path));
}
