using Sparrow.Compression.Recipes;
using Xunit;

namespace Sparrow.Compression.Tests.Recipes;

public sealed class CompressionRecipeTests
{
    private const string Wanda = """{"type":"prune","method":"wanda","sparsity":0.5}""";

    [Theory]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":"x"}""", "steps[1].sparsity: expected a number from 0 to 0.99, found \"x\"")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":1.5}""", "steps[1].sparsity: expected a number from 0 to 0.99, found 1.5")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5,"pattern":"2:4"}""", "steps[1].pattern: contradicts sparsity")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5,"sparsity":0.6}""", "steps[1].sparsity: the member is given twice")]
    [InlineData("""{"type":"prune","method":"wanda"}""", "steps[1]: one of sparsity, pattern is required")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5,"dampening":1}""", "steps[1].dampening: unknown member")]
    [InlineData("""{"type":"prune","method":"wonder","sparsity":0.5}""", "steps[1].method: expected one of ")]
    [InlineData("""{"type":"prune","sparsity":0.5}""", "steps[1].method: expected one of ")]
    [InlineData("""{"type":"pruned"}""", "steps[1].type: expected one of ")]
    [InlineData("""{"type":"prune","method":"magnitude","sparsity":0.5,"scope":"model"}""", "steps[1].scope: expected one of tensor, row, found \"model\"")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5,"include":"q_proj"}""", "steps[1].include: expected a list")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5,"include":[""]}""", "steps[1].include[0]: expected a part")]
    [InlineData("7", "steps[1]: expected an object, found 7")]
    public void A_faulty_step_is_refused_with_its_path(string step, string message)
    {
        RecipeException error = Assert.Throws<RecipeException>(() => CompressionRecipe.Parse($$"""{"version":1,"steps":[{{Wanda}}, {{step}} ]}"""));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"steps":[STEP]}""", "version: expected 1, found nothing")]
    [InlineData("""{"version":2,"steps":[STEP]}""", "version: expected 1, found 2")]
    [InlineData("""{"version":1}""", "steps: expected a list of 1 to 64 steps, found nothing")]
    [InlineData("""{"version":1,"steps":[]}""", "steps: expected a list of 1 to 64 steps, found []")]
    [InlineData("""{"version":1,"steps":[STEP],"extra":1}""", "extra: unknown member")]
    [InlineData("""{"version":1,"steps":[STEP],"calibration":{}}""", "calibration: one of tokens, text is required")]
    [InlineData("""{"version":1,"steps":[STEP],"calibration":{"tokens":"a","text":"b"}}""", "calibration.text: contradicts tokens")]
    [InlineData("""{"version":1,"steps":[STEP],"evaluation":{"max_windows":3}}""", "evaluation.perplexity: the member is required")]
    [InlineData("""{"version":1,"steps":[STEP],"seed":1.5}""", "seed: expected a whole number")]
    [InlineData("[1]", "expected an object")]
    [InlineData("{", "The recipe is no JSON")]
    public void A_faulty_recipe_is_refused_with_its_path(string recipe, string message)
    {
        RecipeException error = Assert.Throws<RecipeException>(() => CompressionRecipe.Parse(recipe.Replace("STEP", Wanda, StringComparison.Ordinal)));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_digest_does_not_depend_on_layout_and_order()
    {
        string one = CompressionRecipe.Parse("""{"version":1,"seed":3,"steps":[{"type":"prune","method":"wanda","sparsity":0.5}]}""").Digest;
        string same = CompressionRecipe.Parse("""{ "steps":[{"sparsity":0.5,"method":"wanda","type":"prune"}], "seed":3, "version":1 }""").Digest;
        string other = CompressionRecipe.Parse("""{"version":1,"seed":3,"steps":[{"type":"prune","method":"wanda","sparsity":0.6}]}""").Digest;
        Assert.Equal(one, same);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void Relative_files_are_looked_for_beside_the_recipe()
    {
        CompressionRecipe recipe = CompressionRecipe.Parse(
            $$$"""{"version":1,"steps":[{{{Wanda}}}],"calibration":{"tokens":"ids.json"},"evaluation":{"perplexity":"/data/test.txt"}}""", "/recipes");
        Assert.Equal("/recipes/ids.json", recipe.Calibration!.TokensFile);
        Assert.Equal("/data/test.txt", recipe.Evaluation!.PerplexityFile);
    }

    [Fact]
    public void Every_preset_can_be_read()
    {
        Assert.NotEmpty(RecipePresets.Names);
        Assert.All(RecipePresets.Names, name => Assert.NotEmpty(CompressionRecipe.Load($"preset:{name}").Steps));
        Assert.Contains("Known: ", Assert.Throws<RecipeException>(() => CompressionRecipe.Load("preset:none")).Message, StringComparison.Ordinal);
    }
}
