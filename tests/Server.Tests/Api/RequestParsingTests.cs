using System.Text.Json;
using Sparrow.Server.Api.ChatCompletions;
using Sparrow.Server.Api.Completions;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Options;
using Xunit;

namespace Sparrow.Server.Tests.Api;

/// <summary>Every row of the contract's table of parameters: what is taken, and what is refused with which code and which name.</summary>
public sealed class RequestParsingTests
{
    private static readonly LimitsSettings s_limits = new();

    [Theory]
    [InlineData("""{}""", "missing_required_parameter", "prompt")]
    [InlineData("""{"prompt":null}""", "missing_required_parameter", "prompt")]
    [InlineData("""{"prompt":{}}""", "invalid_type", "prompt")]
    [InlineData("""{"prompt":[]}""", "invalid_value", "prompt")]
    [InlineData("""{"prompt":[[]]}""", "invalid_value", "prompt[0]")]
    [InlineData("""{"prompt":["a",1]}""", "invalid_type", "prompt[1]")]
    [InlineData("""{"prompt":[1,"a"]}""", "invalid_type", "prompt[1]")]
    [InlineData("""{"prompt":[[1],"a"]}""", "invalid_type", "prompt[1]")]
    [InlineData("""{"prompt":[1.5]}""", "invalid_type", "prompt[0]")]
    [InlineData("""{"prompt":[99999999999999999999]}""", "invalid_prompt_tokens", "prompt[0]")]
    [InlineData("""{"prompt":"\ud800"}""", "invalid_value", "prompt")]
    [InlineData("""{"prompt":"x","model":5}""", "invalid_type", "model")]
    [InlineData("""{"prompt":"x","max_tokens":0}""", "invalid_value", "max_tokens")]
    [InlineData("""{"prompt":"x","max_tokens":-1}""", "invalid_value", "max_tokens")]
    [InlineData("""{"prompt":"x","max_tokens":1.5}""", "invalid_type", "max_tokens")]
    [InlineData("""{"prompt":"x","max_tokens":"5"}""", "invalid_type", "max_tokens")]
    [InlineData("""{"prompt":"x","logprobs":21}""", "invalid_value", "logprobs")]
    [InlineData("""{"prompt":"x","logprobs":true}""", "invalid_type", "logprobs")]
    [InlineData("""{"prompt":"x","echo":1}""", "invalid_type", "echo")]
    [InlineData("""{"prompt":"x","best_of":2}""", "unsupported_parameter", "best_of")]
    [InlineData("""{"prompt":"x","suffix":"y"}""", "unsupported_parameter", "suffix")]
    [InlineData("""{"prompt":["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"],"n":16}""", "invalid_value", "n")]
    public void A_completion_is_refused_by_name(string body, string code, string param) => Refuses(body, code, param, ParseCompletion);

    [Theory]
    [InlineData("""{}""", "missing_required_parameter", "messages")]
    [InlineData("""{"messages":[]}""", "invalid_value", "messages")]
    [InlineData("""{"messages":"hi"}""", "invalid_type", "messages")]
    [InlineData("""{"messages":["hi"]}""", "invalid_type", "messages[0]")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "missing_required_parameter", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"wizard","content":"x"}]}""", "invalid_value", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "missing_required_parameter", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"user","content":7}]}""", "invalid_type", "messages[1].content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "unsupported_parameter", "messages[0].content[0]")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"hologram"}]}]}""", "invalid_value", "messages[0].content[0].type")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "missing_required_parameter", "messages[0].content[0].text")]
    [InlineData("""{"messages":[{"role":"user","content":[{"text":"x"}]}]}""", "missing_required_parameter", "messages[0].content[0].type")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":{}}]}""", "invalid_type", "messages[0].tool_calls")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{}]}]}""", "missing_required_parameter", "messages[0].tool_calls[0].function")]
    public void Messages_are_refused_by_place(string body, string code, string param) => Refuses(body, code, param, ParseChat);

    [Theory]
    [InlineData("max_tokens", "0", "invalid_value")]
    [InlineData("max_completion_tokens", "0", "invalid_value")]
    [InlineData("max_completion_tokens", "\"many\"", "invalid_type")]
    [InlineData("logprobs", "2", "invalid_type")]
    [InlineData("top_logprobs", "2", "invalid_value")]
    [InlineData("temperature", "2.1", "invalid_value")]
    [InlineData("temperature", "-0.1", "invalid_value")]
    [InlineData("temperature", "\"hot\"", "invalid_type")]
    [InlineData("temperature", "1e999", "invalid_value")]
    [InlineData("top_p", "0", "invalid_value")]
    [InlineData("top_p", "1.1", "invalid_value")]
    [InlineData("top_k", "-2", "invalid_value")]
    [InlineData("top_k", "1.5", "invalid_type")]
    [InlineData("min_p", "-0.1", "invalid_value")]
    [InlineData("min_p", "1.1", "invalid_value")]
    [InlineData("n", "0", "invalid_value")]
    [InlineData("n", "17", "invalid_value")]
    [InlineData("n", "true", "invalid_type")]
    [InlineData("stop", "5", "invalid_type")]
    [InlineData("stop", "\"\"", "invalid_value")]
    [InlineData("stop", "[\"\"]", "invalid_value")]
    [InlineData("stop_token_ids", "5", "invalid_type")]
    [InlineData("stop_token_ids", "[-1]", "invalid_value")]
    [InlineData("include_stop_str_in_output", "1", "invalid_type")]
    [InlineData("ignore_eos", "\"yes\"", "invalid_type")]
    [InlineData("skip_special_tokens", "0", "invalid_type")]
    [InlineData("min_tokens", "-1", "invalid_value")]
    [InlineData("seed", "\"x\"", "invalid_type")]
    [InlineData("seed", "9223372036854775808", "invalid_value")]
    [InlineData("frequency_penalty", "2.5", "invalid_value")]
    [InlineData("presence_penalty", "-2.5", "invalid_value")]
    [InlineData("repetition_penalty", "0", "invalid_value")]
    [InlineData("repetition_penalty", "2.5", "invalid_value")]
    [InlineData("logit_bias", "[]", "invalid_type")]
    [InlineData("logit_bias", "{\"a\":1}", "invalid_value")]
    [InlineData("logit_bias", "{\"-1\":1}", "invalid_value")]
    [InlineData("stream", "\"yes\"", "invalid_type")]
    [InlineData("stream_options", "{}", "invalid_value")]
    [InlineData("stream_interval", "0", "invalid_value")]
    [InlineData("priority", "1", "invalid_value")]
    [InlineData("timeout_ms", "0", "invalid_value")]
    [InlineData("timeout_ms", "3600001", "invalid_value")]
    [InlineData("cache_salt", "\"\"", "invalid_value")]
    [InlineData("prompt_cache_key", "5", "invalid_type")]
    [InlineData("return_timings", "1", "invalid_type")]
    [InlineData("return_token_ids", "1", "invalid_type")]
    [InlineData("return_tokens_as_token_ids", "1", "invalid_type")]
    [InlineData("user", "5", "invalid_type")]
    [InlineData("metadata", "5", "invalid_type")]
    [InlineData("store", "\"yes\"", "invalid_type")]
    [InlineData("tools", "[{\"type\":\"function\"}]", "unsupported_parameter")]
    [InlineData("tool_choice", "\"required\"", "unsupported_parameter")]
    [InlineData("functions", "[{}]", "unsupported_parameter")]
    [InlineData("response_format", "{\"type\":\"json_object\"}", "unsupported_parameter")]
    [InlineData("response_format", "\"json\"", "invalid_type")]
    [InlineData("structured_outputs", "{\"regex\":\"a\"}", "unsupported_parameter")]
    [InlineData("reasoning_effort", "\"low\"", "unsupported_parameter")]
    [InlineData("chat_template", "\"x\"", "unsupported_parameter")]
    [InlineData("chat_template_kwargs", "{\"a\":1}", "unsupported_parameter")]
    [InlineData("add_generation_prompt", "false", "unsupported_parameter")]
    [InlineData("continue_final_message", "true", "unsupported_parameter")]
    [InlineData("truncate_prompt_tokens", "5", "unsupported_parameter")]
    [InlineData("allowed_token_ids", "[1]", "unsupported_parameter")]
    [InlineData("bad_words", "[\"x\"]", "unsupported_parameter")]
    [InlineData("prompt_logprobs", "1", "unsupported_parameter")]
    [InlineData("use_beam_search", "true", "unsupported_parameter")]
    [InlineData("audio", "{}", "unsupported_parameter")]
    [InlineData("modalities", "[\"audio\"]", "unsupported_parameter")]
    [InlineData("prediction", "{}", "unsupported_parameter")]
    public void A_chat_parameter_is_refused_by_name(string name, string value, string code)
    {
        string body = $$"""{"messages":[{"role":"user","content":"x"}],"{{name}}":{{value}}}""";
        ApiException refusal = Assert.Throws<ApiException>(() => ParseChat(body));
        Assert.Equal(code, refusal.Code);
        Assert.StartsWith(name, refusal.Param, StringComparison.Ordinal);
        Assert.Equal(400, refusal.Status);
    }

    [Theory]
    [InlineData("top_k", "-1")]
    [InlineData("top_k", "0")]
    [InlineData("temperature", "0")]
    [InlineData("temperature", "2")]
    [InlineData("stop", "[]")]
    [InlineData("stop", "null")]
    [InlineData("tools", "[]")]
    [InlineData("tools", "null")]
    [InlineData("tool_choice", "\"none\"")]
    [InlineData("functions", "[]")]
    [InlineData("response_format", "{\"type\":\"text\"}")]
    [InlineData("modalities", "[\"text\"]")]
    [InlineData("use_beam_search", "false")]
    [InlineData("suffix", "null")]
    [InlineData("audio", "null")]
    [InlineData("add_generation_prompt", "true")]
    [InlineData("continue_final_message", "false")]
    [InlineData("priority", "0")]
    [InlineData("user", "\"someone\"")]
    [InlineData("metadata", "{\"a\":\"b\"}")]
    [InlineData("service_tier", "\"auto\"")]
    [InlineData("seed", "-9223372036854775808")]
    [InlineData("max_tokens", "99999999999")]
    public void Values_that_ask_for_nothing_special_are_taken(string name, string value)
    {
        RequestObject root = Root($$"""{"messages":[{"role":"user","content":"x"}],"{{name}}":{{value}}}""");
        ChatCompletionRequest.Parse(root, s_limits, allowPriority: false);
        Assert.Empty(root.Ignored);
    }

    [Fact]
    public void Unset_members_take_the_defaults_of_the_contract()
    {
        InferenceParameters parameters = ParseCompletion("""{"prompt":"x"}""").Parameters;
        Assert.Equal(1f, parameters.Sampling.Temperature);
        Assert.Equal(1f, parameters.Sampling.TopP);
        Assert.Equal(0, parameters.Sampling.TopK);
        Assert.Equal(0f, parameters.Sampling.MinP);
        Assert.Equal(1f, parameters.Sampling.RepetitionPenalty);
        Assert.Equal(1, parameters.Choices);
        Assert.Null(parameters.MaxTokens);
        Assert.Null(parameters.Logprobs);
        Assert.True(parameters.SkipSpecialTokens);
        Assert.False(parameters.Stream);
    }

    [Fact]
    public void Seeds_differ_where_none_is_given()
    {
        long first = ParseCompletion("""{"prompt":"x"}""").Parameters.Sampling.Seed;
        long second = ParseCompletion("""{"prompt":"x"}""").Parameters.Sampling.Seed;
        Assert.NotEqual(first, second);
        Assert.Equal(5, ParseCompletion("""{"prompt":"x","seed":5}""").Parameters.Sampling.Seed);
    }

    [Fact]
    public void Priority_is_taken_where_the_policy_knows_it()
    {
        RequestObject root = Root("""{"prompt":"x","priority":-3}""");
        Assert.Equal(-3, CompletionRequest.Parse(root, s_limits, allowPriority: true).Parameters.Priority);
    }

    [Fact]
    public void Limits_on_lists_and_lengths_are_kept()
    {
        string manyStops = string.Join(',', Enumerable.Repeat("\"x\"", 17));
        string longStop = new('x', 257);
        string manyBiases = string.Join(',', Enumerable.Range(0, 1025).Select(id => $"\"{id}\":1"));
        string manyPairs = string.Join(',', Enumerable.Range(0, 17).Select(id => $"\"{id}\":\"v\""));
        Refuses($$$"""{"prompt":"x","stop":[{{{manyStops}}}]}""", "invalid_value", "stop", ParseCompletion);
        Refuses($$$"""{"prompt":"x","stop":["{{{longStop}}}"]}""", "invalid_value", "stop[0]", ParseCompletion);
        Refuses($$$"""{"prompt":"x","logit_bias":{{{{manyBiases}}}}}""", "invalid_value", "logit_bias", ParseCompletion);
        Refuses($$$"""{"prompt":"x","logit_bias":{"3":101}}""", "invalid_value", "logit_bias.3", ParseCompletion);
        Refuses($$$"""{"prompt":"x","metadata":{{{{manyPairs}}}}}""", "invalid_value", "metadata", ParseCompletion);
        Refuses($$$"""{"prompt":"x","metadata":{"{{{new string('k', 65)}}}":"v"}}""", "invalid_value", "metadata", ParseCompletion);
        Refuses($$$"""{"prompt":"x","metadata":{"k":"{{{new string('v', 513)}}}"}}""", "invalid_value", "metadata.k", ParseCompletion);
        Refuses($$$"""{"prompt":"x","cache_salt":"{{{new string('s', 1025)}}}"}""", "invalid_value", "cache_salt", ParseCompletion);
    }

    [Fact]
    public void Two_names_for_one_limit_must_agree()
    {
        Refuses("""{"messages":[{"role":"user","content":"x"}],"max_tokens":5,"max_completion_tokens":6}""", "invalid_value", "max_tokens", ParseChat);
        Assert.Equal(5, ParseChat("""{"messages":[{"role":"user","content":"x"}],"max_tokens":5,"max_completion_tokens":5}""").Parameters.MaxTokens);
    }

    [Fact]
    public void Members_that_nobody_knows_are_named_those_of_inner_objects_too()
    {
        RequestObject root = Root("""
            {"messages":[{"role":"user","content":"x","mood":"bright"}],"stream":true,"stream_options":{"include_usage":true,"colour":1},"shape":2}
            """);
        Assert.True(ChatCompletionRequest.Parse(root, s_limits, allowPriority: false).Parameters.IncludeUsage);
        Assert.Equal(["messages[0].mood", "shape", "stream_options.colour"], root.Ignored.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Text_parts_are_joined_and_tool_calls_reach_the_template_as_objects()
    {
        JsonElement messages = ParseChat("""
            {"messages":[
              {"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
              {"role":"tool","tool_call_id":"c1","content":"3"}]}
            """).Messages.Json;
        Assert.Equal("one\ntwo", messages[0].GetProperty("content").GetString());
        Assert.Equal(1, messages[1].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetProperty("a").GetInt32());
        Assert.Equal("c1", messages[2].GetProperty("tool_call_id").GetString());
    }

    [Fact]
    public void A_body_that_is_no_object_is_refused()
    {
        using JsonDocument document = JsonDocument.Parse("[1]");
        ApiException refusal = Assert.Throws<ApiException>(() => new RequestObject(document.RootElement, ""));
        Assert.Equal("invalid_type", refusal.Code);
    }

    private static void Refuses<T>(string body, string code, string param, Func<string, T> parse)
    {
        ApiException refusal = Assert.Throws<ApiException>(() => parse(body));
        Assert.Equal((400, code, param), (refusal.Status, refusal.Code, refusal.Param));
    }

    private static CompletionRequest ParseCompletion(string body) => CompletionRequest.Parse(Root(body), s_limits, allowPriority: false);

    private static ChatCompletionRequest ParseChat(string body) => ChatCompletionRequest.Parse(Root(body), s_limits, allowPriority: false);

    // The document is left to the collector: elements of it live in the request.
    private static RequestObject Root(string body) => new(JsonDocument.Parse(body).RootElement, "");
}
