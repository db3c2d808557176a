using System.Text.Json.Nodes;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Steps;

/// <summary>
/// One step of a recipe while it runs. The pipeline calls <see cref="Prepare"/> once over the whole model, then <see cref="Apply"/> for each block in
/// order, all steps of a recipe on one block before the next, then <see cref="ApplyToTable"/> for embeddings and head, and <see cref="Finish"/>.
/// </summary>
/// <remarks>
/// A step must compute the same whatever the number of threads, and must take everything it depends on from its arguments: a run that was killed
/// goes on in another process, with what <see cref="Prepare"/> returned.
/// </remarks>
public abstract class CompressionStep
{
    /// <summary>What must be known of each linear's input.</summary>
    public virtual StatisticsNeed Needs => StatisticsNeed.None;

    /// <summary>Tokens of each input of which the step wants to see the values themselves; 0: none.</summary>
    public virtual int SampleTokens => 0;

    /// <summary>Whether the step reads the calibration sequences themselves.</summary>
    public virtual bool ReadsCalibration => false;

    /// <summary>Whether the step trains on tokens: the recipe's, else those of the calibration's text.</summary>
    public virtual bool ReadsTraining => false;

    /// <summary>Whether <see cref="Prepare"/> is nearly all of the work, as it is where a whole model is trained.</summary>
    public virtual bool IsMostlyPreparation => false;

    /// <summary>Whether <see cref="Finish"/> is nearly all of the work, as it is where the finished model is tried many times over.</summary>
    public virtual bool IsMostlyFinish => false;

    /// <summary>What the step's training decided and how its loss went; empty where it trains nothing.</summary>
    public virtual IReadOnlyList<AdaptRound> TrainingRounds => [];

    /// <summary>Refuses models that the step cannot work on, before any work.</summary>
    /// <exception cref="Recipes.RecipeException">It cannot; the message says why.</exception>
    public virtual void Check(ModelConfig config)
    {
    }

    /// <summary>What <see cref="Prepare"/> takes where it is more than a look at the model, for plans.</summary>
    /// <param name="config">The model.</param>
    /// <param name="parameters">Its weights.</param>
    public virtual PreparationCost CostOf(ModelConfig config, long parameters) => default;

    /// <summary>Decides what needs the whole model: who gets how much.</summary>
    /// <returns>What was decided; it is kept in the journal and given to <see cref="Begin"/>. Null: nothing.</returns>
    public virtual JsonObject? Prepare(ModelContext model) => null;

    /// <summary>Takes over what <see cref="Prepare"/> returned, in this run or in one that was killed.</summary>
    /// <param name="plan">What was returned.</param>
    /// <param name="model">The model; its <see cref="ModelContext.WorkFolder"/> holds what was left there.</param>
    public virtual void Begin(JsonObject? plan, ModelContext model)
    {
    }

    /// <summary>Changes a block's linears.</summary>
    /// <param name="block">The block; <see cref="BlockContext.Linears"/> are those that the step concerns.</param>
    public abstract void Apply(BlockContext block);

    /// <summary>Changes the embedding or an untied head. By default they stay.</summary>
    public virtual void ApplyToTable(TableContext table)
    {
    }

    /// <summary>What can only be done to the finished model, found in <see cref="ModelContext.Source"/> then.</summary>
    public virtual void Finish(ModelContext model)
    {
    }
}
