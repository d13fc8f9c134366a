using AgentWarden.Kernel.Admission;

namespace AgentWarden.Tests.Kernel.Admission;

public sealed class AdmissionAnswerTests
{
    private static readonly AdmissionReview Review = new() { Uid = "705ab4f5-6393-11e8-b7cc-42010a800002", Kind = new("", "v1", "Pod"), Operation = AdmissionOperation.Create };

    [Fact]
    public void Allowed_says_no_more_than_that()
    {
        var response = Reviews.Response(AdmissionAnswer.Write(Review, AdmissionResult.Untouched));
        Assert.Equal(["uid", "allowed"], response.AsObject().Select(p => p.Key));
        Assert.True((bool)response["allowed"]!);
    }

    [Fact]
    public void V1beta1_is_answered_in_kind() =>
        Reviews.Response(AdmissionAnswer.Write(Review with { ApiVersion = AdmissionReview.V1Beta1 }, AdmissionResult.Untouched), AdmissionReview.V1Beta1);

    [Fact]
    public void Denied_carries_code_reason_message_and_warnings()
    {
        var response = Reviews.Response(AdmissionAnswer.Write(Review, AdmissionResult.Denied.Forbidden("spec.x: \"é\" no") with { Warnings = ["w"] }));
        Assert.False((bool)response["allowed"]!);
        Assert.Equal((403, "Forbidden", "spec.x: \"é\" no", "Failure"), ((int)response["status"]!["code"]!, (string)response["status"]!["reason"]!, (string)response["status"]!["message"]!, (string)response["status"]!["status"]!));
        Assert.Equal(["w"], Reviews.Warnings(response));
    }

    [Fact]
    public void A_patch_is_base64_with_its_type_and_audit_annotations()
    {
        var response = Reviews.Response(AdmissionAnswer.Write(Review, new AdmissionResult.Patched([JsonPatchOperation.Add("/a", "b"), JsonPatchOperation.Replace("/c", null), JsonPatchOperation.Test("/d", 1)]) { AuditAnnotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" } }));
        Assert.Equal("""[{"op":"add","path":"/a","value":"b"},{"op":"replace","path":"/c","value":null},{"op":"test","path":"/d","value":1}]""", Reviews.Patch(response).ToJsonString());
        Assert.Equal("v", (string?)response["auditAnnotations"]!["k"]);
    }

    [Fact]
    public void An_empty_patch_is_no_patch() =>
        Assert.Null(Reviews.Response(AdmissionAnswer.Write(Review, new AdmissionResult.Patched([])))["patch"]);

    [Fact]
    public void Errored_is_no_review_so_that_failurePolicy_decides()
    {
        var answer = AdmissionAnswer.Write(Review, new AdmissionResult.Errored(500, "the API is away"));
        Assert.Equal((500, "the API is away"), (answer.Status, Reviews.Text(answer)));
    }

    [Fact]
    public void Warnings_stay_within_what_the_API_server_passes_on()
    {
        var bound = AdmissionWarnings.Bound([.. Enumerable.Range(0, 60).Select(i => $"{i}\n{new string('x', 300)}")]);
        Assert.All(bound, w => Assert.True(w.Length <= AdmissionWarnings.LongestItem));
        Assert.True(bound.Sum(w => w.Length) <= AdmissionWarnings.LongestTotal);
        Assert.DoesNotContain(bound, w => w.Any(char.IsControl));
        Assert.Equal($"{60 - (bound.Count - 1)} more warnings are not shown.", bound[^1]);
    }

    [Fact]
    public void Shortening_keeps_surrogate_pairs_whole()
    {
        Assert.Equal("ab…", AdmissionWarnings.Shorten("ab😀cd", 4));
        Assert.Equal("ab😀…", AdmissionWarnings.Shorten("ab😀cd", 5));
    }

    [Theory]
    [InlineData("llmwarden.io/x", "llmwarden.io~1x")]
    [InlineData("a~b/c~1", "a~0b~1c~01")]
    public void Names_are_escaped_as_pointers(string name, string escaped) => Assert.Equal(escaped, JsonPatch.Escape(name));
}
