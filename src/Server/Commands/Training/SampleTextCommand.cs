using System.CommandLine;
using Sparrow.Compression.Training.SampleText;

namespace Sparrow.Server.Commands.Training;

/// <summary><c>sparrow sample-text</c>: the texts that the sample model is trained on.</summary>
internal sealed class SampleTextCommand
{
    private readonly Option<string> _output = new("--output", "--out", "-o") { Description = "The JSON Lines file to write.", HelpName = "FILE", Required = true };
    private readonly Option<int> _documents = new("--documents") { Description = "How many texts and conversations.", HelpName = "N", DefaultValueFactory = _ => 10_000 };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed gives the same texts.", HelpName = "N", DefaultValueFactory = _ => 1 };

    public static void AddTo(RootCommand root)
    {
        SampleTextCommand sample = new();
        Command command = new(
            "sample-text",
            """
            Writes texts and conversations about a small world: facts, sums, colours, little stories.

            Example: sparrow sample-text --documents 20000 --seed 1 --out sample.jsonl
            """);
        command.Add(sample._output);
        command.Add(sample._documents);
        command.Add(sample._seed);
        command.SetAction(sample.Run);
        root.Add(command);
    }

    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_output);
        int documents = result.GetValue(_documents);
        using (FileStream stream = File.Create(path))
        {
            new SampleWriter(result.GetValue(_seed)).Write(stream, documents);
        }

        result.InvocationConfiguration.Output.WriteLine($"Wrote {documents} documents to {path}.");
        return ExitCode.Success;
    }
}
