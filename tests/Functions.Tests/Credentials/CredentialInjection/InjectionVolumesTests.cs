using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Credentials;

namespace AgentWarden.Tests.Credentials.CredentialInjection;

public sealed class InjectionVolumesTests
{
    [Theory]
    [InlineData("agent", "llmwarden-agent")]
    [InlineData("team-a-agent", "llmwarden-team-a-agent")]
    public void A_name_that_fits_stays_readable(string access, string volume) => Assert.Equal(volume, InjectionVolumes.Candidate(access, 0));

    [Fact]
    public void Every_name_is_a_label_of_its_own()
    {
        string[] accesses = ["a.b", "a-b", "a", new('x', 53), new('x', 54), new('x', 253), $"{new string('x', 52)}.y", $"{new string('x', 43)}-{new string('y', 60)}"];
        var names = accesses.SelectMany(a => new[] { InjectionVolumes.Candidate(a, 0), InjectionVolumes.Candidate(a, 1) }).ToArray();
        Assert.All(names, n => Assert.Matches("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", n));
        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("/a/", "/a")]
    [InlineData("/a//b/./c/", "/a/b/c")]
    [InlineData("/", "/")]
    [InlineData("//", "/")]
    [InlineData("/a/.b", "/a/.b")]
    [InlineData("/a/../b", "/a/../b")]
    [InlineData("", "")]
    public void Paths_of_one_place_are_equal(string path, string place) => Assert.Equal(place, MountPaths.Normalize(path));
}
