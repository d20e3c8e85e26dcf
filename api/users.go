package api

import (
	"context"
	"slices"
	"time"

	"tyto/auth"
	"tyto/tyto"
)

// User is somebody who may sign in.
type User struct {
	Name      string          `json:"name"`
	Role      tyto.PersonRole `json:"role" enum:"admin,analyst,viewer"`
	AllSites  bool            `json:"all_sites"`
	Sites     []string        `json:"sites" doc:"Ids, if not all"`
	Disabled  bool            `json:"disabled"`
	Factor    bool            `json:"second_factor" doc:"There is a second factor; of who is vouched for, the provider knows"`
	Vouched   bool            `json:"vouched" doc:"An identity provider vouches for the user, and decides about role and sites at each sign-in"`
	Temporary time.Time       `json:"temporary,omitzero" doc:"Until when a temporary password lets in to choose another one"`
	Created   time.Time       `json:"created"`
	Seen      time.Time       `json:"seen,omitzero" doc:"When the user signed in last"`
}

// UserSite is a site that users can be limited to.
type UserSite struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
}

// UserList is the users that one may know of, and the sites that one sees.
type UserList struct {
	Items []User     `json:"items"`
	Sites []UserSite `json:"sites"`
}

// UsersOutput is the answer that carries a UserList.
type UsersOutput struct {
	Body UserList
}

// UserSetting is a user to be.
type UserSetting struct {
	Name     string          `json:"name" minLength:"1" maxLength:"64" doc:"Letters, digits and ._-@+; case does not matter"`
	Role     tyto.PersonRole `json:"role" enum:"admin,analyst,viewer"`
	AllSites bool            `json:"all_sites"`
	Sites    []string        `json:"sites,omitempty" maxItems:"500" doc:"Ids, if not all"`
}

// UserSettingInput is a request to make a user.
type UserSettingInput struct {
	Body UserSetting
}

// UserChange is what is to be another way; what is absent stays.
type UserChange struct {
	Role     *tyto.PersonRole `json:"role,omitempty" enum:"admin,analyst,viewer"`
	AllSites *bool            `json:"all_sites,omitempty" doc:"Comes with sites, or without them if it is true"`
	Sites    []string         `json:"sites,omitempty" maxItems:"500"`
	Disabled *bool            `json:"disabled,omitempty"`
}

// UserChangeInput is a request to change a user.
type UserChangeInput struct {
	UserInput
	Body UserChange
}

// UserInput names a user.
type UserInput struct {
	Name string `path:"name" minLength:"1" maxLength:"64"`
}

// UserOutput is the answer that carries a User.
type UserOutput struct {
	Body User
}

// UserPassword is a user and a temporary password.
type UserPassword struct {
	User     User   `json:"user"`
	Password string `json:"password" doc:"Told once; the user has to choose another one after signing in with it"`
}

// UserPasswordOutput is the answer that carries a UserPassword.
type UserPasswordOutput struct {
	Body UserPassword
}

func userOf(u *tyto.User) User {
	out := User{Name: u.Name, Role: u.Role, AllSites: u.Sites.All, Sites: list(u.Sites.Named), Disabled: u.Disabled, Vouched: u.Origin != "", Created: u.Created.UTC()}
	if !u.Temporary.IsZero() {
		out.Temporary = u.Temporary.UTC()
	}
	if !u.Seen.IsZero() {
		out.Seen = u.Seen.UTC()
	}
	return out
}

// usersOf is users with what is kept beside them.
func (a *api) usersOf(ctx context.Context, users ...tyto.User) ([]User, error) {
	factors, err := a.Auth.FactorUsers(ctx)
	out := make([]User, len(users))
	for i := range users {
		out[i] = userOf(&users[i])
		_, out[i].Factor = slices.BinarySearch(factors, users[i].Name)
	}
	return out, err
}

func sitesOf(all bool, named []string) tyto.Sites {
	if all {
		return tyto.AllSites()
	}
	return tyto.SomeSites(named...)
}

func (a *api) listUsers(ctx context.Context, _ *struct{}) (*UsersOutput, error) {
	who, _ := auth.Who(ctx)
	users, err := a.Auth.Users(ctx, who)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	sites, _, err := a.Store.Places(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := UserList{Sites: []UserSite{}}
	if out.Items, err = a.usersOf(ctx, users...); err != nil {
		return nil, a.problem(ctx, err)
	}
	for _, s := range sites {
		if who.Sites.Has(s.ID) {
			out.Sites = append(out.Sites, UserSite{ID: s.ID, Title: s.Title})
		}
	}
	return &UsersOutput{Body: out}, nil
}

func (a *api) postUser(ctx context.Context, in *UserSettingInput) (*UserPasswordOutput, error) {
	who, _ := auth.Who(ctx)
	u, password, err := a.Auth.MakeUser(ctx, who, caller(ctx), in.Body.Name, in.Body.Role, sitesOf(in.Body.AllSites, in.Body.Sites))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &UserPasswordOutput{Body: UserPassword{User: userOf(&u), Password: password}}, nil
}

func (a *api) patchUser(ctx context.Context, in *UserChangeInput) (*UserOutput, error) {
	who, _ := auth.Who(ctx)
	c := auth.UserChange{Role: in.Body.Role, Disabled: in.Body.Disabled}
	if in.Body.AllSites != nil || in.Body.Sites != nil {
		sites := sitesOf(in.Body.AllSites != nil && *in.Body.AllSites, in.Body.Sites)
		c.Sites = &sites
	}
	u, err := a.Auth.ChangeUser(ctx, who, caller(ctx), in.Name, c)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	all, err := a.usersOf(ctx, u)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &UserOutput{Body: all[0]}, nil
}

func (a *api) deleteUser(ctx context.Context, in *UserInput) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	if err := a.Auth.RemoveUser(ctx, who, caller(ctx), in.Name); err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}

func (a *api) resetPassword(ctx context.Context, in *UserInput) (*UserPasswordOutput, error) {
	who, _ := auth.Who(ctx)
	u, password, err := a.Auth.ResetPassword(ctx, who, caller(ctx), in.Name)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	all, err := a.usersOf(ctx, u)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &UserPasswordOutput{Body: UserPassword{User: all[0], Password: password}}, nil
}
